// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

contract ClosingTest is AgreementTest {
    function test_submit_keepsClaimAndStartsReview(uint256 claimed, uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        claimed = bound(claimed, 1, PAY);
        vm.warp(NOW + bound(later, 0, WORK));

        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneSubmitted(
            keccak256(abi.encode(talent, terms.nonce)), employer, talent, agreement, 0, claimed, EVIDENCE
        );
        submit(terms, 0, claimed);

        assertState(agreement, IWorkTypes.Phase.Submitted, 0, 1);
        vm.assertEq(agreements.stateOf(agreement).claimed, claimed);
    }

    function test_submit_refusesAnyoneButTalent(address caller) public {
        if (caller == talent) caller = stranger;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        refuses(caller, submitCall(terms, 0, PAY), abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller));
    }

    function test_submit_refusesClaimOutOfRange(uint256 claimed) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        if (claimed >= 1 && claimed <= PAY) claimed = 0;
        refuses(
            talent,
            submitCall(terms, 0, claimed),
            abi.encodeWithSelector(IWorkTypes.AmountOutOfRange.selector, claimed, 1, PAY)
        );
    }

    function test_submit_refusesASecondDelivery() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        refuses(talent, submitCall(terms, 0, PAY), wrongPhase(agreement, IWorkTypes.Phase.Submitted));
    }

    function test_release_paysAnythingUpToTheSum(uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        pay = bound(pay, 1, PAY);
        uint256 before = token.balanceOf(employer);
        uint256 fee = feeOn(PAY) * pay / PAY;

        expectClosed(agreement, IWorkTypes.Closing.Released, pay, fee);
        release(terms, 0, pay);

        vm.assertEq(token.balanceOf(payout), pay);
        vm.assertEq(token.balanceOf(employer) - before, PAY + feeOn(PAY) - pay - fee);
        vm.assertEq(held(), fee);
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    /// The three sums add up for every sum, fee and share: odd base units stay with the employer.
    function test_release_splitsToTheBaseUnit(uint128 amount, uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.amounts[0] = amount = uint128(bound(amount, 1, type(uint128).max));
        uint256 before = token.balanceOf(employer);
        fund(terms, 1);
        pay = bound(pay, 1, amount);
        release(terms, 0, pay);

        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(token.balanceOf(payout), pay);
        vm.assertEq(fees, feeOn(amount) * pay / amount);
        vm.assertEq(token.balanceOf(employer) + pay + fees, before);
        vm.assertEq(held(), fees);
    }

    function test_release_neverBelowAClaim(uint256 claimed, uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        claimed = bound(claimed, 2, PAY);
        fundAndSubmit(terms, claimed);
        pay = bound(pay, 0, claimed - 1);
        refuses(
            manager,
            releaseCall(terms, 0, pay),
            abi.encodeWithSelector(IWorkTypes.AmountOutOfRange.selector, pay, claimed, PAY)
        );
        release(terms, 0, claimed);
        vm.assertEq(token.balanceOf(payout), claimed);
    }

    function test_release_refusesSumsOutOfRange(uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        if (pay >= 1 && pay <= PAY) pay = uint256(PAY) + 1;
        refuses(
            manager,
            releaseCall(terms, 0, pay),
            abi.encodeWithSelector(IWorkTypes.AmountOutOfRange.selector, pay, 1, PAY)
        );
    }

    function test_release_refusesAnyoneButManager(address caller) public {
        if (caller == manager) caller = employer;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        refuses(caller, releaseCall(terms, 0, PAY), abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller));
    }

    function test_release_worksAtAnyTime(uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + bound(later, 0, 100 * 365 days));
        release(terms, 0, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function test_release_opensTheNextPrepaidMilestone(uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 2);
        submit(terms, 0, PAY / 2);
        vm.warp(NOW + bound(later, 0, 1000 days));
        release(terms, 0, PAY);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 2);
        vm.assertEq(agreements.stateOf(agreement).claimed, 0);
        release(terms, 1, PAY);
        assertState(agreement, IWorkTypes.Phase.Idle, 2, 2);
        vm.assertEq(held(), 2 * feeOn(PAY));
    }

    function test_settle_paysTheClaimBySilence(uint256 claimed, address caller) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        claimed = bound(claimed, 1, PAY);
        bytes32 agreement = fundAndSubmit(terms, claimed);
        vm.warp(NOW + REVIEW + 1);
        vm.prank(caller);
        agreements.settle(terms, 0);
        vm.assertEq(token.balanceOf(payout), claimed);
        vm.assertEq(held(), feeOn(PAY) * claimed / PAY);
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    function test_settle_refusesUndelivered() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        vm.warp(NOW + 1000 days);
        refuses(stranger, settleCall(terms, 0), wrongPhase(agreement, IWorkTypes.Phase.Funded));
    }

    function test_refund_givesSumAndFeeBack(bool delivered, uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        uint256 before = token.balanceOf(employer);
        bytes32 agreement = fund(terms, 1);
        if (delivered) submit(terms, 0, PAY);
        vm.warp(NOW + bound(later, 0, 1000 days));
        refund(terms, 0);
        vm.assertEq(token.balanceOf(employer), before);
        vm.assertEq(held(), 0);
        assertState(agreement, IWorkTypes.Phase.Idle, 1, 1);
        (, uint256 lastSerial) = agreements.feesOf(address(token));
        vm.assertEq(lastSerial, 0);
    }

    function test_refund_refusesAnyoneButTalent(address caller) public {
        if (caller == talent) caller = employer;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        refuses(caller, refundCall(terms, 0), abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller));
    }

    function test_reclaim_emptiesEverythingFunded(uint256 closed, uint256 count) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        count = bound(count, 1, 32);
        closed = bound(closed, 0, count - 1);
        bytes32 agreement = fund(terms, count);
        for (uint256 i = 0; i < closed; ++i) {
            refund(terms, i);
        }
        uint256 back = (count - closed) * (PAY + feeOn(PAY));
        vm.warp(NOW + WORK + 1);

        vm.expectEmit(address(agreements));
        emit IWorkTypes.AgreementReclaimed(
            keccak256(abi.encode(talent, terms.nonce)), employer, talent, agreement, closed, count - closed, back
        );
        vm.prank(employer);
        agreements.reclaim(terms, closed);

        vm.assertEq(held(), 0);
        assertState(agreement, IWorkTypes.Phase.Ended, closed, count);
    }

    function test_reclaim_refusesADelivery() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        vm.warp(NOW + 1000 days);
        refuses(employer, reclaimCall(terms, 0), wrongPhase(agreement, IWorkTypes.Phase.Submitted));
    }

    /// Every call names its milestone, so a late transaction never closes the next one.
    function test_everyCall_refusesAnotherMilestone(uint256 milestone) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 3);
        release(terms, 0, PAY);
        if (milestone == 1) milestone = 0;
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.WrongMilestone.selector, agreement, milestone, 1);
        refuses(talent, submitCall(terms, milestone, PAY), refusal);
        refuses(manager, releaseCall(terms, milestone, PAY), refusal);
        refuses(talent, refundCall(terms, milestone), refusal);
        refuses(employer, reclaimCall(terms, milestone), refusal);
        submit(terms, 1, PAY);
        refuses(stranger, settleCall(terms, milestone), refusal);
    }

    function test_everyCall_refusesUnknownIdleAndEnded() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = agreements.hashTerms(terms);
        refusesAll(terms, 0, wrongPhase(agreement, IWorkTypes.Phase.None));
        fund(terms, 1);
        refund(terms, 0);
        refusesAll(terms, 1, wrongPhase(agreement, IWorkTypes.Phase.Idle));
        vm.prank(employer);
        agreements.fundMore(terms, 1);
        refund(terms, 1);
        refusesAll(terms, 2, wrongPhase(agreement, IWorkTypes.Phase.Ended));
    }

    /// Terms are the key: any other word names an agreement that does not exist.
    function test_everyCall_refusesAlteredTerms(uint256 field, uint256 value) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + 1000 days);
        field = bound(field, 0, 2);
        if (field == 0) terms.payout = address(uint160(bound(value, 0x1000, type(uint160).max)));
        if (field == 1) terms.amounts[0] = uint128(bound(value, PAY + 1, type(uint128).max));
        if (field == 2) terms.workTimes[0] = uint32(bound(value, 0, WORK - 1));
        refusesAll(terms, 0, wrongPhase(agreements.hashTerms(terms), IWorkTypes.Phase.None));
    }

    function expectClosed(bytes32 agreement, IWorkTypes.Closing how, uint256 pay, uint256 fee) private {
        uint256 back = PAY + feeOn(PAY) - pay - fee;
        bytes32 negotiation = keccak256(abi.encode(talent, uint256(7)));
        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneClosed(
            negotiation, employer, talent, agreement, 0, how, pay, fee, back, fee == 0 ? 0 : 1
        );
    }

    function refusesAll(IWorkTypes.Terms memory terms, uint256 milestone, bytes memory refusal) private {
        refuses(talent, submitCall(terms, milestone, PAY), refusal);
        refuses(manager, releaseCall(terms, milestone, PAY), refusal);
        refuses(stranger, settleCall(terms, milestone), refusal);
        refuses(talent, refundCall(terms, milestone), refusal);
        refuses(employer, reclaimCall(terms, milestone), refusal);
        vm.assertEq(agreements.exitBound(terms), 0);
    }

    function submitCall(IWorkTypes.Terms memory terms, uint256 milestone, uint256 claimed)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IWorkAgreements.submit, (terms, milestone, claimed, EVIDENCE));
    }

    function releaseCall(IWorkTypes.Terms memory terms, uint256 milestone, uint256 pay)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IWorkAgreements.release, (terms, milestone, pay));
    }

    function settleCall(IWorkTypes.Terms memory terms, uint256 milestone) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.settle, (terms, milestone));
    }

    function refundCall(IWorkTypes.Terms memory terms, uint256 milestone) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.refund, (terms, milestone));
    }

    function reclaimCall(IWorkTypes.Terms memory terms, uint256 milestone) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.reclaim, (terms, milestone));
    }
}
