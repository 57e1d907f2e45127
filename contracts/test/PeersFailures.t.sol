// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {TestCourt} from "./utils/Courts.sol";

/// @notice What went wrong in other escrows for work, each as a story that must end well here.
contract PeersFailuresTest is AgreementTest {
    /// Elsewhere one named resolver must speak before anything moves. Here a court that stays silent, reverts, burns gas or
    /// answers nonsense costs its own deadline and not a second more; then a stranger closes at the signed fallback.
    function test_peers_aSilentResolverFreezesNothing(uint8 manner, uint256 claimed, uint16 fallbackBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.fallbackTalentBps = uint16(bound(fallbackBps, 0, 10_000));
        claimed = bound(claimed, 1, PAY);
        uint256 before = token.balanceOf(employer);
        bytes32 agreement = fundAndSubmit(terms, claimed);
        dispute(terms, 0);
        court.become(TestCourt.Manner(bound(manner, 0, 4)));

        vm.warp(NOW + CASE + 1);
        vm.prank(stranger);
        agreements.resolve(terms, 0);

        uint256 pay = claimed * terms.fallbackTalentBps / 10_000;
        vm.assertEq(token.balanceOf(payout), pay);
        vm.assertEq(before - token.balanceOf(employer), pay + feeOn(PAY) * pay / PAY);
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    /// Elsewhere both halves are rounded down and the odd unit stays for ever. Here the three parts of any split add up, and
    /// once the fees are swept nothing of it is left.
    function test_peers_noOddUnitOfAHalfIsLost(uint128 amount, uint16 talentBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.amounts[0] = amount = uint128(bound(amount, 1, type(uint128).max)) | 1;
        talentBps = amount % 4 == 1 ? 5000 : uint16(bound(talentBps, 0, 10_000));
        uint256 before = token.balanceOf(employer);
        fund(terms, 1);
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, 0, ""));
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, NOW, unsigned));
        accepts(employer, abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, NOW, consent)));

        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(token.balanceOf(payout), uint256(amount) * talentBps / 10_000);
        vm.assertEq(token.balanceOf(employer) + token.balanceOf(payout) + fees, before);
        if (fees > 0) agreements.sweepFees(address(token));
        vm.assertEq(held(), 0);
    }

    /// Elsewhere a resolver awards what it likes, from other people's money. Here a word above the whole is no ruling, and
    /// the greatest ruling moves what was claimed of this milestone: not the next one, not another agreement.
    function test_peers_noRulingIsLargerThanItsInvoice(uint256 claimed, uint256 tooMuch) public {
        claimed = bound(claimed, 1, PAY);
        (IWorkTypes.Terms memory terms, bytes32 agreement) = disputed(claimed);
        IWorkTypes.Terms memory other = termsOf(1);
        other.nonce = 8;
        fund(other, 1);
        uint256 price = PAY + feeOn(PAY);

        court.rule(caseOf(terms, 0), bound(tooMuch, 10_001, type(uint256).max));
        refuses(stranger, abi.encodeCall(IWorkAgreements.resolve, (terms, 0)), tooEarly(NOW + CASE));
        court.rule(caseOf(terms, 0), 10_000);
        accepts(stranger, abi.encodeCall(IWorkAgreements.resolve, (terms, 0)));

        vm.assertEq(token.balanceOf(payout), claimed);
        vm.assertEq(held(), 2 * price + feeOn(PAY) * claimed / PAY);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 2);
    }

    /// Elsewhere a client who got the work and says nothing gets its money back. Here silence after a delivery pays it, and
    /// no call of the client undoes that.
    function test_peers_silenceNeverRefundsAClientWhoReceivedWork(uint256 claimed, uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        claimed = bound(claimed, 1, PAY);
        bytes32 agreement = fundAndSubmit(terms, claimed);
        vm.warp(NOW + REVIEW + bound(later, 1, 100 * 365 days));
        bytes memory delivered = wrongPhase(agreement, IWorkTypes.Phase.Submitted);
        refuses(employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)), delivered);
        refuses(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)), delivered);
        refuses(employer, abi.encodeCall(IWorkAgreements.refund, (terms, 0)), unauthorized(employer));
        refuses(manager, abi.encodeCall(IWorkAgreements.dispute, (terms, 0, 0, PAY)), tooLate(NOW + REVIEW));
        accepts(stranger, abi.encodeCall(IWorkAgreements.settle, (terms, 0)));
        vm.assertEq(token.balanceOf(payout), claimed);
    }

    /// Elsewhere a vote on fees or arbiters reaches into running work. Here a deal that is signed is funded as signed for 14
    /// more days, and a deal that is funded ends as signed whatever is voted.
    function test_peers_noVoteChangesASignedDeal(uint16 feeBps, uint256 later) public {
        feeBps = uint16(bound(feeBps, 0, 2000));
        IWorkTypes.Terms memory terms = termsOf(1);
        IWorkTypes.Terms memory onTheTable = termsOf(1);
        onTheTable.nonce = 8;
        fund(terms, 1);
        IPolicy.Parameters memory next = parameters();
        (next.feeBps, next.reviewWindowMin, next.reworkTimeMin, next.originBpsMax) = (feeBps, 90 days, 90 days, 0);
        publish(next);
        delist(address(token));

        vm.warp(NOW + bound(later, 0, 14 days - 1));
        fund(onTheTable, 1);
        release(terms, 0, PAY);
        release(onTheTable, 0, PAY);
        vm.assertEq(token.balanceOf(payout), 2 * PAY);
        vm.assertEq(held(), 2 * feeOn(PAY));
    }

    /// Elsewhere a freelancer who never comes back keeps the client's cash locked until somebody rules. Here it goes back, fee
    /// and all, after the work time, or a week after the client asked; a stranger can see to it one review window later.
    function test_peers_aVanishedFreelancerLocksNoCash(bool asks, bool byStranger, uint256 milestones) public {
        IWorkTypes.Terms memory terms = termsOf(bound(milestones, 1, 32));
        terms.workTimes[0] = asks ? 365 days : WORK;
        uint256 before = token.balanceOf(employer);
        bytes32 agreement = fund(terms, terms.amounts.length);
        if (asks) accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
        uint256 opens = NOW + (asks ? 7 days : WORK) + (byStranger ? REVIEW : 0);
        bytes memory reclaim = abi.encodeCall(IWorkAgreements.reclaim, (terms, 0));

        vm.warp(opens);
        refuses(byStranger ? stranger : employer, reclaim, tooEarly(opens));
        vm.warp(opens + 1);
        accepts(byStranger ? stranger : employer, reclaim);

        vm.assertEq(token.balanceOf(employer), before);
        vm.assertEq(held(), 0);
        assertState(agreement, IWorkTypes.Phase.Ended, 0, terms.amounts.length);
    }

    /// Elsewhere an approval that waits in a queue, or is sent twice, pays the milestone that is open when it lands. Here
    /// every approval names its milestone, and a signed one the very state it was given in.
    function test_peers_noPendingApprovalPaysTheNextMilestone(bool signedOne, uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 3);
        pay = bound(pay, 1, PAY);
        bytes memory approval = abi.encodeCall(IWorkAgreements.release, (terms, 0, pay));
        bytes32 digest = agreements.hashCall(manager, NOW, approval);
        bytes memory call = signedOne
            ? abi.encodeCall(IWorkAgreements.callBySignature, (manager, NOW, approval, signedBy(MANAGER_KEY, digest)))
            : approval;
        address caller = signedOne ? stranger : manager;

        accepts(caller, call);
        bytes memory refusal = signedOne
            ? abi.encodeWithSelector(IWorkTypes.NotSigned.selector, manager)
            : abi.encodeWithSelector(IWorkTypes.WrongMilestone.selector, agreement, 0, 1);
        refuses(caller, call, refusal);
        vm.assertEq(token.balanceOf(payout), pay);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 3);
    }
}
