// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract wallet (ERC-1271) whose signature is its secret.
contract Wallet is IERC1271 {
    bytes32 private immutable SECRET;

    constructor(bytes32 secret) {
        SECRET = secret;
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        return keccak256(signature) == keccak256(abi.encode(SECRET)) ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract RevertingWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("no");
    }
}
