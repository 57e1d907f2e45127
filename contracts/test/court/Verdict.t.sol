// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {Vm} from "../utils/Base.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Who pays whom when a case is over.
contract VerdictTest is CourtTest {
    uint256 private constant PLENTY = type(uint128).max;

    function setUp() public override {
        super.setUp();
        enlist(20, 1);
    }

    /// Any three votes: the median rules, the further side pays, right votes share everything, to the wei.
    function test_conclude_paysByTheMedian(uint256 a, uint256 b, uint256 c, uint256 sum) public {
        uint256[] memory votes = list(bound(a, 0, 10_000), bound(b, 0, 10_000), bound(c, 0, 10_000));
        bytes32 caseId = open(0, bound(sum, 0, type(uint96).max));
        respond(caseId);
        address[] memory arbiters = drawn(caseId);
        uint256 price = court.caseOf(caseId).cost;
        hear(caseId, votes);
        passAppeal(caseId);
        uint256 median = middle(votes);
        assertRuling(caseId, median);
        court.conclude(caseId);
        assertRuling(caseId, median);

        uint256 employerOff = distance(median, EMPLOYER_ASKS);
        uint256 talentOff = distance(median, TALENT_ASKS);
        uint256 byTalent = talentOff > employerOff ? price : talentOff == employerOff ? price / 2 : 0;
        vm.assertEq(token.balanceOf(talent), PLENTY - byTalent);
        vm.assertEq(token.balanceOf(employer), PLENTY + byTalent);
        vm.assertEq(held(), price);
        uint256 right;
        for (uint256 i = 0; i < 3; ++i) {
            if (distance(votes[i], median) <= BAND) ++right;
        }
        for (uint256 i = 0; i < 3; ++i) {
            settled(arbiters[i], distance(votes[i], median) <= BAND, price, right, 3 - right);
        }
        vm.assertEq(credit(arbiters[0]) + credit(arbiters[1]) + credit(arbiters[2]), price);
    }

    function settled(address arbiter, bool isRight, uint256 price, uint256 right, uint256 wrong) private view {
        vm.assertEq(lockedOf(arbiter), 0);
        vm.assertEq(bondedOf(arbiter), isRight ? 1 : 0);
        if (!isRight) return vm.assertEq(credit(arbiter) + reward(arbiter), 0);
        vm.assertTrue(distance(credit(arbiter), price / right) <= 1, "uneven fee");
        vm.assertTrue(distance(reward(arbiter), wrong * SEAT / right) <= 1, "uneven reward");
    }

    /// A tie: half each, and the odd unit is the employer side's.
    function test_conclude_splitsATieAndItsOddUnit() public {
        bytes32 caseId = open(0, SUM + 20);
        respond(caseId);
        address[] memory arbiters = drawn(caseId);
        hear(caseId, 5500, 5500, 5500);
        passAppeal(caseId);
        uint256 price = COST + 1;
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseConcluded(caseId, employer, talent, true, 5500, COST / 2, COST / 2 + 1, 0, price);
        court.conclude(caseId);
        vm.assertEq(token.balanceOf(employer), PLENTY + COST / 2);
        vm.assertEq(token.balanceOf(talent), PLENTY - COST / 2);
        // 50,000,001 is three times 16,666,667; the odd units of another sum go to the last seats.
        vm.assertEq(credit(arbiters[0]), 16_666_667);
        vm.assertEq(credit(arbiters[2]), 16_666_667);
    }

    /// Attack: dust in a split. Two odd units of three shares go to the last two, none is left.
    function test_attack_noUnitOfASplitIsStranded() public {
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 9000, 9000, 9000);
        passAppeal(caseId);
        court.conclude(caseId);
        vm.assertEq(credit(arbiters[0]), 16_666_666);
        vm.assertEq(credit(arbiters[1]), 16_666_667);
        vm.assertEq(credit(arbiters[2]), 16_666_667);
        vm.assertEq(held(), COST);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(arbiters[i]);
            court.withdraw(address(token), stranger);
        }
        vm.assertEq(held(), 0);
    }

    /// The band's edge is inside; one basis point further pays.
    function test_conclude_holdsTheBandToTheBasisPoint() public {
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 5000 - BAND, 5000, 5000 + BAND + 1);
        passAppeal(caseId);
        vm.expectEmit(address(court));
        emit IPanelCourt.SeatSettled(caseId, arbiters[0], 0, false, COST / 2, SEAT / 2);
        vm.expectEmit(address(court));
        emit IPanelCourt.SeatSettled(caseId, arbiters[1], 0, false, COST / 2, SEAT / 2);
        vm.expectEmit(address(court));
        emit IPanelCourt.SeatSettled(caseId, arbiters[2], 0, true, 0, 0);
        this.concludeAlone(caseId);
    }

    function concludeAlone(bytes32 caseId) external {
        court.conclude(caseId);
    }

    /// A silent seat pays whoever voted, right or wrong; a wrong one pays the right ones.
    function test_conclude_aSilentSeatPaysTheVoters() public {
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 1000, 5000, SILENT);
        passAppeal(caseId);
        assertRuling(caseId, 5000);
        court.conclude(caseId);
        vm.assertEq(reward(arbiters[0]), SEAT / 2);
        vm.assertEq(reward(arbiters[1]), SEAT / 2 + SEAT);
        vm.assertEq(credit(arbiters[1]), COST);
        vm.assertEq(bondedOf(arbiters[0]), 0);
        vm.assertEq(bondedOf(arbiters[1]), 1);
        vm.assertEq(bondedOf(arbiters[2]), 0);
    }

    /// Without a majority: once more, with three others; without one again: no ruling, and both deposits go back.
    function test_noMajority_isDrawnOnceMoreThenNeverRules(bool oneVoted) public {
        (bytes32 caseId, address[] memory first) = panelled();
        hear(caseId, oneVoted ? 4000 : SILENT, SILENT, SILENT);
        court.queueDraw(caseId);
        address[] memory second = drawn(caseId);
        vm.assertEq(court.caseOf(caseId).round, 1);
        for (uint256 i = 0; i < 9; ++i) {
            vm.assertTrue(first[i / 3] != second[i % 3], "an arbiter sits again");
        }
        hear(caseId, SILENT, 3000, SILENT);
        refuses(stranger, abi.encodeCall(IPanelCourt.queueDraw, (caseId)), wrongPhase(caseId, IPanelCourt.Phase.Voting));
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseConcluded(caseId, employer, talent, false, 0, COST, COST, 0, 0);
        court.conclude(caseId);
        assertNoRuling(caseId);
        vm.assertEq(token.balanceOf(talent), PLENTY);
        vm.assertEq(token.balanceOf(employer), PLENTY + COST);
        vm.assertEq(held(), 0);
        vm.assertEq(reward(treasury), oneVoted ? 0 : 3 * SEAT);
        vm.assertEq(reward(first[0]), oneVoted ? 2 * SEAT : 0);
        vm.assertEq(reward(second[1]), 2 * SEAT);
        vm.assertEq(bondedOf(second[1]), 1);
        vm.assertEq(court.poolOf(escrow).weight, 20 - (oneVoted ? 4 : 5));
    }

    /// A second panel's ruling counts like a first one's.
    function test_redraw_rules() public {
        (bytes32 caseId,) = panelled();
        hear(caseId, SILENT, SILENT, 100);
        court.queueDraw(caseId);
        drawn(caseId);
        hear(caseId, 6000, 6000, 6000);
        passAppeal(caseId);
        court.conclude(caseId);
        assertRuling(caseId, 6000);
        vm.assertEq(token.balanceOf(talent), PLENTY);
    }

    /// A round that did not rule judges none of its votes: their seats come back, and the fee is the others'.
    function test_redraw_judgesNoVoteOfARoundThatDidNotRule(bool near) public {
        (bytes32 caseId, address[] memory first) = panelled();
        hear(caseId, SILENT, SILENT, near ? 6000 : 100);
        court.queueDraw(caseId);
        address[] memory second = drawn(caseId);
        hear(caseId, 6000, 6000, 6000);
        passAppeal(caseId);
        court.conclude(caseId);
        vm.assertEq(bondedOf(first[2]), 1);
        vm.assertEq(reward(first[2]), 2 * SEAT);
        vm.assertEq(credit(first[2]), 0);
        vm.assertEq(credit(second[0]) + credit(second[1]) + credit(second[2]), COST);
        vm.assertEq(reward(second[0]) + reward(second[1]) + reward(second[2]), 0);
    }

    /// Who is owed nothing gets no credit of nothing.
    function test_conclude_tellsOnlyWhatIsCredited() public {
        (bytes32 caseId,) = panelled();
        hear(caseId, 0, 5000, SILENT);
        passAppeal(caseId);
        vm.recordLogs();
        court.conclude(caseId);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 credits;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPanelCourt.Credited.selector) continue;
            ++credits;
            vm.assertTrue(abi.decode(logs[i].data, (uint256)) > 0, "nothing is credited");
        }
        // The wrong vote's half of the silent seat; the right one's fee, and the rest of both seats.
        vm.assertEq(credits, 3);
    }

    /// Nobody asked for another panel in time: over, without a ruling and without a call.
    function test_noMajority_endsWithTheDrawWindow() public {
        (bytes32 caseId,) = panelled();
        hear(caseId, SILENT, 3000, SILENT);
        uint256 last = court.caseOf(caseId).since + 5 days + 1 days;
        bytes memory data = abi.encodeCall(IPanelCourt.conclude, (caseId));
        vm.warp(last);
        refuses(stranger, data, abi.encodeWithSelector(IPanelCourt.NotFinal.selector, caseId));
        vm.warp(last + 1);
        refuses(stranger, abi.encodeCall(IPanelCourt.queueDraw, (caseId)), tooLate(last));
        court.conclude(caseId);
        assertNoRuling(caseId);
        vm.assertEq(token.balanceOf(talent), PLENTY);
    }

    /// Over when nothing can change it any more, to the second, and before anybody calls.
    function test_ruling_isFinalAfterTheAppealWindow(uint256 ratio) public {
        ratio = bound(ratio, 0, 10_000);
        (bytes32 caseId,) = panelled();
        hear(caseId, ratio, ratio, ratio);
        assertNoRuling(caseId);
        vm.warp(NOW + 8 days);
        assertNoRuling(caseId);
        vm.warp(NOW + 8 days + 1);
        assertRuling(caseId, ratio);
    }

    /// A ruling waits for whoever needs it, whether a panel spoke or nobody answered, and whether anybody concluded.
    function test_ruling_neverFades(uint256 ratio, uint256 later) public {
        ratio = bound(ratio, 0, 10_000);
        later = bound(later, 0, 100 * 365 days);
        (bytes32 caseId,) = panelled();
        bytes32 silent = open(1);
        hear(caseId, ratio, ratio, ratio);
        passAppeal(caseId);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(block.timestamp + later);
            assertRuling(caseId, ratio);
            assertRuling(silent, EMPLOYER_ASKS);
            if (i == 0) court.conclude(caseId);
            if (i == 0) court.conclude(silent);
            assertRuling(caseId, ratio);
            assertRuling(silent, EMPLOYER_ASKS);
        }
    }

    /// Every round and redraw, each at its last second: final one second after `longest`, and not before.
    function test_longest_coversEveryRoundAndRedraw() public {
        uint256 end = NOW + court.longest(1);
        vm.assertEq(end, NOW + 5 days + 4 * (1 days + 3 days + 2 days) + 3 days);
        bytes32 caseId = open(0);
        vm.warp(block.timestamp + 5 days);
        respond(caseId);
        lateDraw(caseId);
        hear(caseId, SILENT, SILENT, SILENT);
        court.queueDraw(caseId);
        lateDraw(caseId);
        hear(caseId, 5000, 5000, SILENT);
        vm.warp(court.caseOf(caseId).since + 5 days + 3 days);
        appeal(caseId, talent);
        lateDraw(caseId);
        hear(caseId, list(SILENT, SILENT, SILENT, 1, 2));
        court.queueDraw(caseId);
        lateDraw(caseId);
        hear(caseId, list(8000, 8000, 8000, SILENT, SILENT));
        vm.assertEq(block.timestamp, end + 1);
        assertRuling(caseId, 8000);
        vm.warp(end);
        assertNoRuling(caseId);
        vm.warp(end + 1);
        court.conclude(caseId);
        assertRuling(caseId, 8000);
    }

    function lateDraw(bytes32 caseId) private {
        vm.warp(court.caseOf(caseId).since + 1 days);
        drawn(caseId);
    }

    function middle(uint256[] memory votes) private pure returns (uint256) {
        (uint256 a, uint256 b, uint256 c) = (votes[0], votes[1], votes[2]);
        if (a > b) (a, b) = (b, a);
        return c < a ? a : c > b ? b : c;
    }

    function distance(uint256 left, uint256 right) private pure returns (uint256) {
        return left > right ? left - right : right - left;
    }
}
