// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Gaps} from "../../src/court/Gaps.sol";
import {Panel, PanelLib} from "../../src/court/Panel.sol";
import {SumTree} from "../../src/court/SumTree.sol";
import {Base} from "../utils/Base.sol";

/// @notice The arithmetic of drawing and counting, against plain loops.
contract DrawsTest is Base {
    using SumTree for mapping(uint256 => uint256);
    using Gaps for Gaps.List;

    uint256 private constant LEAVES = 70;

    mapping(uint256 => uint256) private _tree;
    uint256[LEAVES] private _model;
    uint256 private _levels;
    uint256 private _sum;

    /// Any growth and any changes: every point belongs to the leaf that a plain walk over the weights finds.
    function test_tree_isThePlainWalk(uint256 seed) public {
        uint256 leaves;
        for (uint256 i = 0; i < 100; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (leaves == 0 || (leaves < LEAVES && seed % 3 > 0)) addLeaf(leaves++);
            change((seed >> 8) % leaves, seed >> 32, (seed >> 16) & 1 == 1);
        }
        for (uint256 i = 0; i < 8 && _sum > 0; ++i) {
            findsPoint(uint256(keccak256(abi.encode(seed, i))) % _sum);
        }
        if (_sum > 0) findsPoint(0);
        if (_sum > 0) findsPoint(_sum - 1);
        for (uint256 leaf = 0; leaf < leaves; ++leaf) {
            (uint256 start, uint256 weight) = _tree.locate(_levels, leaf);
            vm.assertEq(start, startOf(leaf));
            vm.assertEq(weight, _model[leaf]);
        }
    }

    /// The greatest weights there are fit their lanes.
    function test_tree_holdsWeightsTo32Bits() public {
        addLeaf(0);
        addLeaf(1);
        _tree.increase(_levels, 1, type(uint32).max - 1);
        _tree.increase(_levels, 0, 1);
        (_model[0], _model[1], _sum) = (1, type(uint32).max - 1, type(uint32).max);
        for (uint256 leaf = 2; leaf < 9; ++leaf) {
            addLeaf(leaf);
        }
        findsPoint(0);
        findsPoint(1);
        findsPoint(_sum - 1);
        _tree.decrease(_levels, 1, type(uint32).max - 1);
        (_model[1], _sum) = (0, 1);
        findsPoint(0);
    }

    /// Points outside of the gaps are met once each, in order, and no point inside.
    function test_gaps_areNeverMet(uint256 seed) public pure {
        uint256 range = 60;
        bool[60] memory taken;
        Gaps.List memory gaps = Gaps.ofAtMost(8);
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (uint256 start, uint256 width) = (seed % 55, (seed >> 8) % 6);
            bool meets;
            for (uint256 point = start; point < start + width; ++point) {
                meets = meets || taken[point];
            }
            if (meets) continue;
            gaps.add(start, width);
            for (uint256 point = start; point < start + width; ++point) {
                taken[point] = true;
            }
        }
        uint256 free;
        for (uint256 point = 0; point < range; ++point) {
            if (!taken[point]) vm.assertEq(gaps.skip(free++), point);
        }
        vm.assertEq(free + gaps.width, range);
    }

    /// The ruling is one of the votes, and no fewer of them lie on either side of it than the middle says.
    function test_tally_isTheMedianVote(uint256 seed, bool five) public pure {
        uint256 seats = five ? 5 : 3;
        Panel panel;
        uint256[] memory votes = new uint256[](seats);
        uint256 opened;
        for (uint256 seat = 0; seat < seats; ++seat) {
            panel = panel.seated(seat, seat + 1 + (seed >> 248));
            votes[seat] = PanelLib.SILENT;
            if ((seed >> seat) & 1 == 0) continue;
            votes[seat] = (seed >> (16 * (seat + 1))) % 10_001;
            panel = panel.voted(seat, votes[seat]);
            ++opened;
        }
        (bool ruled, uint256 median) = panel.tally();
        vm.assertEq(panel.size(), seats);
        vm.assertEq(panel.votes().length, opened);
        vm.assertEq(ruled, opened >= (five ? 3 : 2));
        uint256 below;
        uint256 same;
        for (uint256 seat = 0; seat < seats; ++seat) {
            vm.assertEq(panel.arbiterAt(seat), seat + 1 + (seed >> 248));
            vm.assertEq(panel.voteAt(seat), votes[seat]);
            if (votes[seat] < median) ++below;
            if (votes[seat] == median) ++same;
        }
        if (ruled) vm.assertTrue(same > 0 && below <= opened / 2 && below + same > opened / 2, "not the median");
    }

    function addLeaf(uint256 leaf) private {
        if (leaf == 0 || leaf == 8 ** _levels) _tree.grow(_levels++, _sum);
    }

    function change(uint256 leaf, uint256 amount, bool up) private {
        amount = bound(amount, 0, up ? 1000 : _model[leaf]);
        if (up) _tree.increase(_levels, leaf, amount);
        else _tree.decrease(_levels, leaf, amount);
        _model[leaf] = up ? _model[leaf] + amount : _model[leaf] - amount;
        _sum = up ? _sum + amount : _sum - amount;
    }

    function findsPoint(uint256 point) private view {
        (uint256 leaf, uint256 start, uint256 weight) = _tree.find(_levels, point);
        vm.assertEq(start, startOf(leaf));
        vm.assertEq(weight, _model[leaf]);
        vm.assertTrue(start <= point && point < start + weight, "outside");
    }

    function startOf(uint256 leaf) private view returns (uint256 start) {
        for (uint256 i = 0; i < leaf; ++i) {
            start += _model[i];
        }
    }
}
