// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {Anchors} from "./Anchors.sol";
import {Credentials} from "./Credentials.sol";
import {Reviews} from "./Reviews.sol";
import {Work} from "./Work.sol";

/// @title What work leaves behind
/// @dev Anchors keeps batches of sealed reviews, Reviews knows what a review is, Credentials are soulbound tokens; Work is
/// what they stand on.
contract Reputation is Anchors, Reviews, Credentials {
    /// @param agreements the escrow, for ever
    /// @param anchor_ who anchors, for ever; lost or stolen, it is replaced by a new deployment
    constructor(IWorkAgreements agreements, address anchor_) Anchors(anchor_) Work(agreements) {}
}
