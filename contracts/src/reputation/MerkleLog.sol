// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Merkle trees whose shape follows from the number of their leaves (RFC 9162, section 2.1, with keccak256)
/// @dev Leaves and nodes are hashed apart by their first byte, and a left child is never taken for a right one. So there
/// is no second pre-image, no doubled last leaf, and one proof per place.
library MerkleLog {
    /// @dev RFC 9162, 2.1.3.2: whether `entry` stands at `index` of the tree of `count` leaves with this root.
    function includes(bytes32 root, uint256 count, uint256 index, bytes32 entry, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= count) return false;
        uint256 last = count - 1;
        bytes32 hash = keccak256(abi.encodePacked(uint8(0), entry));
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (index & 1 == 1 || index == last) {
                hash = node(proof[i], hash);
                // The last of a level without a sibling rises by itself.
                while (index & 1 == 0 && index != 0) (index, last) = (index >> 1, last >> 1);
            } else {
                hash = node(hash, proof[i]);
            }
            (index, last) = (index >> 1, last >> 1);
        }
        return last == 0 && hash == root;
    }

    function node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }
}
