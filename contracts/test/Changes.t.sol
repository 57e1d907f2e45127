// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice What both sides settle together, and what one of them may end or move alone.
contract ChangesTest is AgreementTest {
    uint256 private constant DELAY = 7 days;

    // ------------------------------------------------------------------------------------------------- agree

    function test_agree_closesAtTheShare(uint256 claimed, uint256 talentBps, uint256 phase, bool talentCalls) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        claimed = bound(claimed, 1, PAY);
        talentBps = bound(talentBps, 0, 10_000);
        bytes32 agreement = fund(terms, 2);
        phase = bound(phase, 0, 2);
        if (phase > 0) submit(terms, 0, claimed);
        if (phase > 1) dispute(terms, 0);
        uint256 pay = (phase == 0 ? PAY : claimed) * talentBps / 10_000;
        uint256 fee = feeOn(PAY) * pay / PAY;
        uint256 before = token.balanceOf(employer);

        accepts(talentCalls ? talent : employer, agreeCall(terms, talentBps, talentCalls ? EMPLOYER_KEY : TALENT_KEY));

        vm.assertEq(token.balanceOf(payout), pay);
        vm.assertEq(token.balanceOf(employer) - before, PAY + feeOn(PAY) - pay - fee);
        vm.assertEq(held(), PAY + feeOn(PAY) + fee);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 2);
    }

    function test_agree_needsBothSides(uint256 key) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        key = bound(key, 1, type(uint128).max);
        if (key == EMPLOYER_KEY || key == TALENT_KEY) key = 1;
        refuses(talent, agreeCall(terms, 5000, key), notSigned(employer));
        refuses(employer, agreeCall(terms, 5000, key), notSigned(talent));
        refuses(talent, agreeCall(terms, 5000, TALENT_KEY), notSigned(employer));
        refuses(employer, agreeCall(terms, 5000, EMPLOYER_KEY), notSigned(talent));
        refuses(manager, agreeCall(terms, 5000, TALENT_KEY), unauthorized(manager));
    }

    function test_agree_expires() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        bytes memory call = agreeCall(terms, 5000, TALENT_KEY);
        vm.warp(NOW + 1 days + 1);
        refuses(employer, call, abi.encodeWithSelector(IWorkTypes.SignatureExpired.selector, NOW + 1 days));
        vm.warp(NOW + 1 days);
        accepts(employer, call);
    }

    /// A consent is to one share of one milestone in one state: nothing else passes for it.
    function test_agree_refusesAnotherShareOrState() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        bytes memory signature = signedBy(TALENT_KEY, agreeDigest(terms, 5000));
        refuses(
            employer,
            abi.encodeCall(IWorkAgreements.agree, (terms, 0, 4999, NOW + 1 days, signature)),
            notSigned(talent)
        );
        refuses(
            employer,
            abi.encodeCall(IWorkAgreements.agree, (terms, 0, 5000, NOW + 2 days, signature)),
            notSigned(talent)
        );
        submit(terms, 0, PAY);
        bytes memory call = abi.encodeCall(IWorkAgreements.agree, (terms, 0, 5000, NOW + 1 days, signature));
        refuses(employer, call, notSigned(talent));
    }

    function test_agree_refusesMoreThanTheWhole(uint256 talentBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        talentBps = bound(talentBps, 10_001, type(uint256).max);
        refuses(employer, agreeCall(terms, talentBps, TALENT_KEY), outOfRange(talentBps, 0, 10_000));
    }

    // ------------------------------------------------------------------------------------------------- end

    function test_end_sendsThePrepaidBack(uint256 count, bool submitted) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        count = bound(count, 1, 32);
        bytes32 agreement = fund(terms, count);
        if (submitted) submit(terms, 0, PAY);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.AgreementEnded(
            agreements.negotiationOf(talent, 7),
            employer,
            talent,
            agreement,
            1,
            count - 1,
            (count - 1) * (PAY + feeOn(PAY))
        );
        accepts(talent, endCall(terms, 0));
        vm.assertEq(held(), PAY + feeOn(PAY));
        vm.assertEq(agreements.stateOf(agreement).funded, 1);
        release(terms, 0, PAY);
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    function test_end_closesTheDoorToFunding() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 2);
        accepts(talent, endCall(terms, 0));
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.AgreementEnding.selector, agreement);
        refuses(employer, abi.encodeCall(IWorkAgreements.fundMore, (terms, 1)), refusal);
        refuses(talent, endCall(terms, 0), refusal);
    }

    function test_end_ofAnIdleAgreementIsAtOnce(bool byTalent) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        release(terms, 0, PAY);
        accepts(byTalent ? talent : employer, endCall(terms, 1));
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
        bytes memory more = abi.encodeCall(IWorkAgreements.fundMore, (terms, 1));
        refuses(employer, more, wrongPhase(agreement, IWorkTypes.Phase.Ended));
    }

    function test_end_byTheEmployerOnlyWhenIdleOrDisputed() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        refuses(employer, endCall(terms, 0), unauthorized(employer));
        submit(terms, 0, PAY);
        refuses(employer, endCall(terms, 0), unauthorized(employer));
        dispute(terms, 0);
        accepts(employer, endCall(terms, 0));
        vm.assertEq(held(), PAY + feeOn(PAY));
        vm.warp(NOW + CASE + 1);
        agreements.resolve(terms, 0);
        assertState(agreements.hashTerms(terms), IWorkTypes.Phase.Ended, 1, 1);
    }

    function test_end_refusesOthersAndOtherMilestones(address caller) public {
        if (caller == talent || caller == employer) caller = manager;
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        refuses(caller, endCall(terms, 0), unauthorized(caller));
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.WrongMilestone.selector, agreement, 1, 0);
        refuses(talent, endCall(terms, 1), refusal);
        refund(terms, 0);
        refuses(caller, endCall(terms, 1), unauthorized(caller));
    }

    // ------------------------------------------------------------------------------------------------- payout

    function test_movePayout_actsAfterSevenDays(address to) public {
        if (to == address(0) || to == address(token) || to == address(agreements) || to == payout) to = stranger;
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 2);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.PayoutMoveAsked(
            agreements.negotiationOf(talent, 7), employer, talent, agreement, to, NOW + DELAY
        );
        move(terms, to);
        vm.warp(NOW + DELAY);
        vm.assertEq(agreements.payoutOf(terms), payout);
        release(terms, 0, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
        vm.warp(NOW + DELAY + 1);
        vm.assertEq(agreements.payoutOf(terms), to);
        uint256 before = token.balanceOf(to);
        release(terms, 1, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
        vm.assertEq(token.balanceOf(to), before + PAY);
    }

    /// A move is of the agreement it was asked for: other terms on the same nonce, which nobody can fund, have their own.
    function test_payoutOf_leavesTermsThatNobodyFundedAlone() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        move(terms, stranger);
        vm.warp(NOW + DELAY + 1);
        vm.assertEq(agreements.payoutOf(terms), stranger);
        terms.documents = keccak256("another text");
        vm.assertEq(agreements.payoutOf(terms), payout);
    }

    /// A thief with the talent's key has to wait; the talent and its present payout see it and call it off.
    function test_movePayout_canBeCalledOff(bool byTalent, uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        move(terms, stranger);
        vm.warp(NOW + bound(later, 0, DELAY));
        vm.expectEmit(address(agreements));
        emit IWorkTypes.PayoutMoveCancelled(agreements.negotiationOf(talent, 7), employer, talent, agreement);
        accepts(byTalent ? talent : payout, cancelCall(terms));
        vm.warp(NOW + 10 * DELAY);
        vm.assertEq(agreements.payoutOf(terms), payout);
        release(terms, 0, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function test_movePayout_refusesACallOffTooLateOrOfNothing() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.NoPayoutMove.selector, agreement);
        refuses(talent, cancelCall(terms), refusal);
        move(terms, stranger);
        vm.warp(NOW + DELAY + 1);
        refuses(talent, cancelCall(terms), refusal);
        refuses(payout, cancelCall(terms), unauthorized(payout));
    }

    /// A second move is measured from the first: where that has acted, its address is the present payout.
    function test_movePayout_twice(bool actedBefore) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        address second = address(0xB0B0);
        move(terms, stranger);
        vm.warp(NOW + (actedBefore ? DELAY + 1 : DELAY));
        move(terms, second);
        address present = actedBefore ? stranger : payout;
        vm.warp(block.timestamp + DELAY);
        vm.assertEq(agreements.payoutOf(terms), present);
        uint256 snapshot = vm.snapshotState();
        accepts(present, cancelCall(terms));
        vm.warp(block.timestamp + 10 * DELAY);
        vm.assertEq(agreements.payoutOf(terms), present);
        vm.revertToState(snapshot);
        vm.warp(block.timestamp + 1);
        vm.assertEq(agreements.payoutOf(terms), second);
    }

    function test_movePayout_refusesLostAddressesAndOthers(address caller) public {
        if (caller == talent) caller = payout;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        address[3] memory lost = [address(0), address(token), address(agreements)];
        for (uint256 i = 0; i < lost.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IWorkTypes.RecipientInvalid.selector, lost[i]);
            refuses(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, lost[i])), refusal);
        }
        refuses(caller, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)), unauthorized(caller));
        move(terms, stranger);
        if (caller != payout) refuses(caller, cancelCall(terms), unauthorized(caller));
    }

    /// The counter that makes each state new has an end; the last move can still be called off.
    function test_movePayout_countsItsMoves() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        for (uint256 i = 0; i < 254; ++i) {
            move(terms, stranger);
        }
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.PayoutMovesSpent.selector, agreement);
        refuses(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)), refusal);
        accepts(payout, cancelCall(terms));
        vm.assertEq(agreements.stateOf(agreement).payoutMoves, 255);
        release(terms, 0, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function agreeDigest(IWorkTypes.Terms memory terms, uint256 talentBps) private view returns (bytes32) {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, 0, ""));
        return agreements.hashCall(address(0), NOW + 1 days, unsigned);
    }

    function agreeCall(IWorkTypes.Terms memory terms, uint256 talentBps, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes memory signature = signedBy(key, agreeDigest(terms, talentBps));
        return abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, NOW + 1 days, signature));
    }

    function move(IWorkTypes.Terms memory terms, address to) private {
        accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, to)));
    }

    function cancelCall(IWorkTypes.Terms memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms));
    }

    function endCall(IWorkTypes.Terms memory terms, uint256 milestone) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.end, (terms, milestone));
    }

    function notSigned(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.NotSigned.selector, signer);
    }
}
