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

    /// The slowest way out: every delivery in its last second, every settlement in its first. The view moves by the
    /// one second in which a call opens, milestone by milestone; the promise made at funding holds.
    function test_exitBound_coversTheSlowestTalent(uint256 count, uint256 seed, bool delivers) public {
        count = bound(count, 1, 32);
        IWorkTypes.Terms memory terms = termsOf(count);
        for (uint256 i = 0; i < count; ++i) {
            terms.workTimes[i] = uint32(bound(uint256(keccak256(abi.encode(seed, i))), 1 hours, 365 days));
        }
        fund(terms, count);
        uint256 exitBound = agreements.exitBound(terms);
        uint256 second = NOW;
        for (uint256 i = 0; i + 1 < count; ++i) {
            vm.warp(second += terms.workTimes[i]);
            submit(terms, i, 1);
            vm.assertEq(agreements.exitBound(terms), exitBound + i);
            vm.warp(second += uint256(REVIEW) + 1);
            agreements.settle(terms, i);
            vm.assertEq(agreements.exitBound(terms), exitBound + i + 1);
        }
        vm.warp(second += terms.workTimes[count - 1]);
        if (delivers) submit(terms, count - 1, 1);
        vm.warp(second += uint256(REVIEW) + 1);
        delivers ? agreements.settle(terms, count - 1) : agreements.reclaim(terms, count - 1);

        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(held(), fees);
        vm.assertLe(second, exitBound);
        vm.assertEq(exitBound, second + REVIEW - count);
    }

    function reclaim(IWorkTypes.Terms memory terms, address caller) private {
        vm.prank(caller);
        agreements.reclaim(terms, 0);
    }
}
