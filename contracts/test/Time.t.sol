// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice Each window at its last second and at the second after it.
contract TimeTest is AgreementTest {
    function test_submit_closesAfterTheWorkTime() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + WORK + 1);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.TooLate.selector, NOW + WORK));
        submit(terms, 0, PAY);
        vm.warp(NOW + WORK);
        submit(terms, 0, PAY);
    }

    function test_settle_opensAfterTheReviewWindow() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        vm.warp(NOW + REVIEW);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.TooEarly.selector, NOW + REVIEW));
        agreements.settle(terms, 0);
        vm.warp(NOW + REVIEW + 1);
        agreements.settle(terms, 0);
    }

    function test_reclaim_opensForTheEmployerAfterTheWorkTime() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + WORK);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.TooEarly.selector, NOW + WORK));
        reclaim(terms, employer);
        vm.warp(NOW + WORK + 1);
        reclaim(terms, employer);
    }

    function test_reclaim_opensForAnyoneOneReviewWindowLater(address caller) public {
        if (caller == employer) caller = stranger;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + WORK + REVIEW);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.TooEarly.selector, NOW + WORK + REVIEW));
        reclaim(terms, caller);
        vm.warp(NOW + WORK + REVIEW + 1);
        reclaim(terms, caller);
    }

    /// No second lets the talent deliver and the employer reclaim: neither can race the other.
    function test_submitAndReclaim_areNeverBothOpen(uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + bound(later, 0, 2 * uint256(WORK)));
        uint256 snapshot = vm.snapshotState();
        vm.prank(talent);
        (bool delivered,) = address(agreements).call(abi.encodeCall(IWorkAgreements.submit, (terms, 0, 1, EVIDENCE)));
        vm.revertToState(snapshot);
        vm.prank(employer);
        (bool reclaimed,) = address(agreements).call(abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)));
        vm.assertTrue(delivered != reclaimed);
    }

    function test_exitBound_isZeroWhenNothingIsHeld() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        vm.assertEq(agreements.exitBound(terms), 0);
        fund(terms, 1);
        release(terms, 0, PAY);
        vm.assertEq(agreements.exitBound(terms), 0);
    }

    /// The slowest way out: every delivery, every request for changes and every dispute in its last second, every case
    /// without a ruling, everything that anyone may do in its first. The view moves by the one second in which a call
    /// opens, milestone by milestone; the promise made at funding holds.
    function test_exitBound_coversTheSlowestWay(uint256 count, uint256 seed, uint8 revisions, bool delivers) public {
        count = bound(count, 1, 32);
        IWorkTypes.Terms memory terms = termsOf(count);
        terms.revisionsMax = uint8(bound(revisions, 0, 7));
        for (uint256 i = 0; i < count; ++i) {
            terms.workTimes[i] = uint32(bound(uint256(keccak256(abi.encode(seed, i))), 1 hours, 365 days));
        }
        fund(terms, count);
        uint256 exitBound = agreements.exitBound(terms);
        uint256 second = NOW;
        for (uint256 i = 0; i + 1 < count; ++i) {
            second = slowly(terms, i, second, exitBound + i);
        }
        if (delivers) {
            second = slowly(terms, count - 1, second, exitBound + count - 1);
            vm.assertEq(exitBound, second + REVIEW - count);
        } else {
            vm.warp(second += terms.workTimes[count - 1] + uint256(REVIEW) + 1);
            agreements.reclaim(terms, count - 1);
        }

        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(held(), fees);
        vm.assertLe(second, exitBound);
    }

    function slowly(IWorkTypes.Terms memory terms, uint256 milestone, uint256 second, uint256 exitBound)
        private
        returns (uint256)
    {
        vm.warp(second += terms.workTimes[milestone]);
        submit(terms, milestone, 1);
        for (uint256 i = 0; i < terms.revisionsMax; ++i) {
            vm.assertEq(agreements.exitBound(terms), exitBound);
            vm.warp(second += REVIEW);
            requestChanges(terms, milestone);
            vm.assertEq(agreements.exitBound(terms), exitBound);
            vm.warp(second += REWORK);
            submit(terms, milestone, 1);
        }
        vm.warp(second += REVIEW);
        dispute(terms, milestone);
        vm.assertEq(agreements.exitBound(terms), exitBound);
        vm.warp(second += CASE + 1);
        agreements.resolve(terms, milestone);
        if (milestone + 1 < terms.amounts.length) vm.assertEq(agreements.exitBound(terms), exitBound + 1);
        return second;
    }

    function reclaim(IWorkTypes.Terms memory terms, address caller) private {
        vm.prank(caller);
        agreements.reclaim(terms, 0);
    }
}
