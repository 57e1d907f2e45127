// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../interfaces/IReputation.sol";
import {MerkleLog} from "./MerkleLog.sol";

/// @title Batches of sealed reviews, one behind the other
abstract contract Anchors is IReputation {
    /// @inheritdoc IReputation
    address public immutable ANCHOR;

    /// @inheritdoc IReputation
    bytes32 public head;
    /// @inheritdoc IReputation
    uint256 public lastBatch;
    mapping(uint256 batch => Batch) private _batches;

    constructor(address anchor_) {
        if (anchor_ == address(0)) revert AnchorMissing();
        ANCHOR = anchor_;
    }

    /// @inheritdoc IReputation
    function anchor(bytes32 previous, bytes32 root, uint32 count) external returns (uint256 batch) {
        if (msg.sender != ANCHOR) revert Unauthorized(msg.sender);
        if (previous != head) revert HeadMoved(previous, head);
        if (root == 0 || count == 0) revert BatchEmpty();

        batch = lastBatch + 1;
        bytes32 next = keccak256(abi.encode(previous, batch, root, count));
        (lastBatch, head) = (batch, next);
        _batches[batch] = Batch(root, count, uint64(block.timestamp));
        emit BatchAnchored(batch, root, previous, next, count);
    }

    /// @inheritdoc IReputation
    function batchOf(uint256 batch) public view returns (Batch memory found) {
        found = _batches[batch];
        if (found.count == 0) revert BatchUnknown(batch);
    }

    /// @inheritdoc IReputation
    function verifyReview(uint256 batch, uint256 index, bytes32 seal, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        Batch memory found = batchOf(batch);
        return MerkleLog.includes(found.root, found.count, index, seal, proof);
    }
}
