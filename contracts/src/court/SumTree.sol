// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Sums over numbered weights, for a draw by weight
/// @dev Eight weights of 32 bits in a word; a word's sum is one weight of the word above. The caller keeps the number of
/// levels and sees to it that the sum of all weights fits 32 bits, so that no lane ever spills into the next.
library SumTree {
    /// @dev Adds a level on top of the others, with their sum as its first weight.
    function grow(mapping(uint256 key => uint256) storage words, uint256 levels, uint256 sum) internal {
        words[_key(levels, 0)] = sum;
    }

    function increase(mapping(uint256 key => uint256) storage words, uint256 levels, uint256 leaf, uint256 by)
        internal
    {
        for (uint256 level = 0; level < levels; ++level) {
            words[_key(level, leaf >> 3)] += by << ((leaf & 7) << 5);
            leaf >>= 3;
        }
    }

    function decrease(mapping(uint256 key => uint256) storage words, uint256 levels, uint256 leaf, uint256 by)
        internal
    {
        for (uint256 level = 0; level < levels; ++level) {
            words[_key(level, leaf >> 3)] -= by << ((leaf & 7) << 5);
            leaf >>= 3;
        }
    }

    /// @dev The leaf whose weight covers `point`, where that weight starts, and the weight. `point` is below the sum.
    function find(mapping(uint256 key => uint256) storage words, uint256 levels, uint256 point)
        internal
        view
        returns (uint256 leaf, uint256 start, uint256 weight)
    {
        uint256 rest = point;
        for (uint256 level = levels; level > 0; --level) {
            uint256 word = words[_key(level - 1, leaf)];
            leaf <<= 3;
            for (weight = word & 0xffffffff; rest >= weight; weight = word & 0xffffffff) {
                rest -= weight;
                word >>= 32;
                ++leaf;
            }
        }
        start = point - rest;
    }

    /// @dev Where a leaf's weight starts, and the weight.
    function locate(mapping(uint256 key => uint256) storage words, uint256 levels, uint256 leaf)
        internal
        view
        returns (uint256 start, uint256 weight)
    {
        for (uint256 level = 0; level < levels; ++level) {
            uint256 word = words[_key(level, leaf >> 3)];
            uint256 lane = leaf & 7;
            if (level == 0) weight = (word >> (lane << 5)) & 0xffffffff;
            for (uint256 i = 0; i < lane; ++i) {
                start += (word >> (i << 5)) & 0xffffffff;
            }
            leaf >>= 3;
        }
    }

    function _key(uint256 level, uint256 index) private pure returns (uint256) {
        return (level << 64) | index;
    }
}
