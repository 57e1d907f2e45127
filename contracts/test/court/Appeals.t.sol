// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {CourtTest} from "./utils/CourtTest.sol";

contract AppealsTest is CourtTest {
    uint256 private constant PLENTY = type(uint128).max;

    function setUp() public override {
        super.setUp();
        enlist(20, 1);
    }

    /// The side further from the ruling pays twice, the other once; in a tie each would pay once.
    function test_appeal_costsTheFurtherSideTwice(uint256 ratio, bool byTalent) public {
        ratio = bound(ratio, 0, 10_000);
        bytes32 caseId = ruled(ratio);
        uint256 twice = 2 * COST;
        uint256 expected = byTalent ? (ratio < 5500 ? twice : COST) : (ratio > 5500 ? twice : COST);
        address side = byTalent ? talent : employer;
        vm.expectEmit(address(court));
        emit IPanelCourt.Appealed(caseId, side, ratio, expected);
        appeal(caseId, side);
        vm.assertEq(held(), 2 * COST + expected);
        vm.assertEq(court.caseOf(caseId).round, 2);
        assertNoRuling(caseId);
    }

    /// As far as the other side is not further: a tie's appeal costs either of them once.
    function test_appeal_costsOnceInATie() public {
        bytes32 caseId = ruled((EMPLOYER_ASKS + TALENT_ASKS) / 2);
        uint256 snapshot = vm.snapshotState();
        address[2] memory sides = [employer, talent];
        for (uint256 i = 0; i < 2; ++i) {
            appeal(caseId, sides[i]);
            vm.assertEq(held(), 3 * COST);
            vm.revertToState(snapshot);
        }
    }

    /// Five others rule, their ruling is the last, and everybody who was wrong by it pays, in both panels.
    function test_appeal_overturnsAndTheFirstPanelPays() public {
        (bytes32 caseId, address[] memory first) = panelled();
        hear(caseId, 2000, 2000, 9000);
        appeal(caseId, talent);
        address[] memory second = drawn(caseId);
        vm.assertEq(second.length, 5);
        for (uint256 i = 0; i < 15; ++i) {
            vm.assertTrue(first[i / 5] != second[i % 5], "an arbiter sits again");
        }
        hear(caseId, list(9000, 9000, 9000, 8500, 0));
        assertRuling(caseId, 9000);
        court.conclude(caseId);

        // The talent was right: its deposit is back, its appeal paid the five; the employer side paid the first panel.
        vm.assertEq(token.balanceOf(talent), PLENTY - 2 * COST);
        vm.assertEq(token.balanceOf(employer), PLENTY);
        vm.assertEq(held(), 3 * COST);
        // Five right votes, three wrong ones of two panels.
        vm.assertEq(bondedOf(first[0]) + bondedOf(first[1]) + bondedOf(second[4]), 0);
        vm.assertEq(credit(first[2]), 3 * COST / 5);
        vm.assertEq(reward(first[2]), 3 * SEAT / 5);
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertEq(credit(second[i]), 3 * COST / 5);
            vm.assertEq(reward(second[i]), 3 * SEAT / 5);
        }
        vm.assertEq(court.poolOf(escrow).weight, 17);
    }

    /// Attack: an appeal that never rules, to be rid of a ruling. The last ruling stands; only the appeal's deposit
    /// goes back.
    function test_attack_aFailedAppealLeavesTheLastRuling(uint256 how) public {
        how = bound(how, 0, 3);
        bytes32 caseId = ruled(8000);
        appeal(caseId, employer);
        if (how > 0) drawn(caseId);
        if (how > 0) hear(caseId, list(0, 0, SILENT, SILENT, SILENT));
        if (how > 1) court.queueDraw(caseId);
        if (how > 2) drawn(caseId);
        if (how > 2) hear(caseId, list(SILENT, SILENT, SILENT, SILENT, SILENT));
        else vm.warp(block.timestamp + 1 days + 1);
        assertRuling(caseId, 8000);
        court.conclude(caseId);
        assertRuling(caseId, 8000);
        vm.assertEq(token.balanceOf(employer), PLENTY);
        vm.assertEq(token.balanceOf(talent), PLENTY);
        vm.assertEq(held(), COST);
        vm.assertEq(reward(treasury), how == 3 ? 5 * SEAT : 0);
    }

    /// The deposit of an appeal that came to nothing is its appellant's, whichever side that is.
    function test_appeal_thatNeverRulesPaysItsAppellantBack() public {
        bytes32 caseId = ruled(3000);
        appeal(caseId, talent);
        vm.warp(block.timestamp + 1 days + 1);
        assertRuling(caseId, 3000);
        vm.warp(block.timestamp + 100 * 365 days);
        assertRuling(caseId, 3000);
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseConcluded(caseId, employer, talent, true, 3000, COST, 0, 2 * COST, COST);
        court.conclude(caseId);
        vm.assertEq(token.balanceOf(talent), PLENTY - COST);
        vm.assertEq(token.balanceOf(employer), PLENTY + COST);
    }

    /// Too few arbiters are left for five other seats: the same.
    function test_appeal_withoutFiveOthersLeavesTheLastRuling() public {
        bytes32 caseId = ruled(8000);
        while (court.poolOf(escrow).weight > 4) {
            retire(freeArbiter(), 1);
        }
        appeal(caseId, employer);
        vm.assertEq(drawn(caseId).length, 0);
        pass(1 days, caseId);
        assertRuling(caseId, 8000);
        court.conclude(caseId);
        vm.assertEq(token.balanceOf(employer), PLENTY);
    }

    function test_appeal_refusesAnyoneButTheSides(address caller) public {
        if (caller == talent || caller == employer) caller = stranger;
        bytes32 caseId = ruled(8000);
        refuses(caller, abi.encodeCall(IPanelCourt.appeal, (caseId)), unauthorized(caller));
    }

    function test_appeal_keepsToItsWindow() public {
        (bytes32 caseId,) = panelled();
        bytes memory data = abi.encodeCall(IPanelCourt.appeal, (caseId));
        refuses(talent, data, tooEarly(NOW + 5 days));
        hear(caseId, 1, 1, 1);
        vm.warp(NOW + 8 days + 1);
        refuses(talent, data, tooLate(NOW + 8 days));
        vm.warp(NOW + 8 days);
        appeal(caseId, talent);
    }

    function test_appeal_needsARuling() public {
        (bytes32 caseId,) = panelled();
        hear(caseId, 1, SILENT, SILENT);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.NothingToAppeal.selector, caseId);
        refuses(talent, abi.encodeCall(IPanelCourt.appeal, (caseId)), refusal);
    }

    function test_appeal_isThereOnce() public {
        bytes32 caseId = ruled(8000);
        appeal(caseId, employer);
        bytes memory data = abi.encodeCall(IPanelCourt.appeal, (caseId));
        refuses(talent, data, wrongPhase(caseId, IPanelCourt.Phase.Drawing));
        drawn(caseId);
        hear(caseId, list(1, 1, 1, 1, 1));
        refuses(talent, data, wrongPhase(caseId, IPanelCourt.Phase.Voting));
        assertRuling(caseId, 1);
        court.conclude(caseId);
        refuses(talent, data, wrongPhase(caseId, IPanelCourt.Phase.Concluded));
    }

    function ruled(uint256 ratio) private returns (bytes32 caseId) {
        (caseId,) = panelled();
        hear(caseId, ratio, ratio, ratio);
    }
}
