// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The trees of RFC 9162, 2.1.1 and 2.1.3.1, by their recursive definition and with keccak256.
library MerkleTree {
    function rootOf(bytes32[] memory entries) internal pure returns (bytes32) {
        return hashOf(entries, 0, entries.length);
    }

    /// @dev PATH(index, D[n]): from the leaf's sibling upwards.
    function proofOf(bytes32[] memory entries, uint256 index) internal pure returns (bytes32[] memory) {
        return pathOf(entries, 0, entries.length, index);
    }

    function leafOf(bytes32 entry) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"00", entry));
    }

    function nodeOf(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"01", left, right));
    }

    function hashOf(bytes32[] memory entries, uint256 from, uint256 to) private pure returns (bytes32) {
        if (to - from == 1) return leafOf(entries[from]);
        uint256 middle = from + half(to - from);
        return nodeOf(hashOf(entries, from, middle), hashOf(entries, middle, to));
    }

    function pathOf(bytes32[] memory entries, uint256 from, uint256 to, uint256 index)
        private
        pure
        returns (bytes32[] memory path)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + half(to - from);
        bool isLeft = index < middle;
        bytes32[] memory below = isLeft ? pathOf(entries, from, middle, index) : pathOf(entries, middle, to, index);
        path = new bytes32[](below.length + 1);
        for (uint256 i = 0; i < below.length; ++i) {
            path[i] = below[i];
        }
        path[below.length] = isLeft ? hashOf(entries, middle, to) : hashOf(entries, from, middle);
    }

    /// @dev The largest power of two below `count`.
    function half(uint256 count) private pure returns (uint256 power) {
        power = 1;
        while (power * 2 < count) power *= 2;
    }
}
