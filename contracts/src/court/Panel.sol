// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev The seats of one round in one word, seat 0 lowest: an arbiter's number (32 bits, from 1) and its vote (16 bits).
type Panel is uint256;

using PanelLib for Panel global;

/// @title Reading and writing a panel
library PanelLib {
    /// @dev The vote of a seat that has not opened one; votes are at most 10,000.
    uint256 internal constant SILENT = 0xffff;
    uint256 internal constant SEATS_MAX = 5;

    uint256 private constant SEAT_BITS = 48;

    /// @dev The same panel with a silent arbiter on a seat that was empty.
    function seated(Panel panel, uint256 seat, uint256 arbiter) internal pure returns (Panel) {
        return Panel.wrap(Panel.unwrap(panel) | ((arbiter << 16) | SILENT) << (seat * SEAT_BITS));
    }

    /// @dev The same panel with the vote of a silent seat opened.
    function voted(Panel panel, uint256 seat, uint256 vote) internal pure returns (Panel) {
        return Panel.wrap(Panel.unwrap(panel) ^ ((SILENT ^ vote) << (seat * SEAT_BITS)));
    }

    /// @dev The arbiter on a seat; 0 when there is no such seat.
    function arbiterAt(Panel panel, uint256 seat) internal pure returns (uint256) {
        return seat < SEATS_MAX ? (Panel.unwrap(panel) >> (seat * SEAT_BITS + 16)) & 0xffffffff : 0;
    }

    function voteAt(Panel panel, uint256 seat) internal pure returns (uint256) {
        return (Panel.unwrap(panel) >> (seat * SEAT_BITS)) & 0xffff;
    }

    function size(Panel panel) internal pure returns (uint256 seats) {
        while (panel.arbiterAt(seats) != 0) ++seats;
    }

    /// @dev The opened votes in ascending order.
    function votes(Panel panel) internal pure returns (uint256[] memory sorted) {
        uint256 count;
        sorted = new uint256[](SEATS_MAX);
        for (uint256 seat = 0; panel.arbiterAt(seat) != 0; ++seat) {
            uint256 vote = panel.voteAt(seat);
            if (vote == SILENT) continue;
            uint256 i = count++;
            for (; i > 0 && sorted[i - 1] > vote; --i) {
                sorted[i] = sorted[i - 1];
            }
            sorted[i] = vote;
        }
        assembly ("memory-safe") {
            mstore(sorted, count)
        }
    }

    /// @dev Whether most of the seats opened a vote, and the median of the opened votes, which is one of them: of two
    /// middle votes the one that leaves more with the talent, because it is the employer side who disputes.
    function tally(Panel panel) internal pure returns (bool ruled, uint256 median) {
        uint256[] memory opened = panel.votes();
        ruled = 2 * opened.length > panel.size();
        if (ruled) median = opened[opened.length / 2];
    }
}
