// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Intervals taken out of a range, so that a draw never meets them
library Gaps {
    /// @dev Disjoint intervals by ascending start; `width` is the sum of theirs.
    struct List {
        uint256 count;
        uint256 width;
        uint256[] starts;
        uint256[] widths;
    }

    function ofAtMost(uint256 count) internal pure returns (List memory) {
        return List(0, 0, new uint256[](count), new uint256[](count));
    }

    function add(List memory gaps, uint256 start, uint256 width) internal pure {
        if (width == 0) return;
        uint256 i = gaps.count++;
        for (; i > 0 && gaps.starts[i - 1] > start; --i) {
            (gaps.starts[i], gaps.widths[i]) = (gaps.starts[i - 1], gaps.widths[i - 1]);
        }
        (gaps.starts[i], gaps.widths[i]) = (start, width);
        gaps.width += width;
    }

    /// @dev The point of the whole range that is number `point` outside of the gaps.
    function skip(List memory gaps, uint256 point) internal pure returns (uint256) {
        for (uint256 i = 0; i < gaps.count && point >= gaps.starts[i]; ++i) {
            point += gaps.widths[i];
        }
        return point;
    }
}
