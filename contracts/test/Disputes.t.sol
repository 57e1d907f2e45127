// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {TestCourt} from "./utils/Courts.sol";

contract DisputesTest is AgreementTest {
    uint256 private constant COST = PAY * 5 / 100;

    function test_dispute_opensACaseOverTheClaim(uint256 claimed, uint256 later, uint256 employerBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        claimed = bound(claimed, 1, PAY);
        employerBps = bound(employerBps, 0, 10_000);
        bytes32 agreement = fundAndSubmit(terms, claimed);
        uint256 deadline = NOW + bound(later, 0, REVIEW) + CASE;
        vm.warp(deadline - CASE);
        uint256 before = token.balanceOf(manager);
        uint256 cost = claimed * 500 / 10_000;

        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneDisputed(
            agreements.negotiationOf(talent, 7),
            employer,
            talent,
            agreement,
            0,
            employerBps,
            cost,
            deadline,
            caseOf(terms, 0)
        );
        accepts(manager, disputeCall(terms, employerBps, cost));

        assertState(agreement, IWorkTypes.Phase.Disputed, 0, 1);
        vm.assertEq(agreements.stateOf(agreement).claimed, claimed);
        vm.assertEq(agreements.stateOf(agreement).deadline, deadline);
        vm.assertEq(before - token.balanceOf(manager), cost);
        vm.assertEq(token.balanceOf(address(court)), cost);
        vm.assertEq(held(), PAY + feeOn(PAY));
        vm.assertEq(token.allowance(address(agreements), address(court)), 0);
        TestCourt.Case memory told = court.caseOf(caseOf(terms, 0));
        vm.assertEq(told.rules, RULES);
        vm.assertEq(told.token, address(token));
        vm.assertEq(told.sum, claimed);
        vm.assertEq(told.employerSide, manager);
        vm.assertEq(told.talent, talent);
        vm.assertEq(told.employerRatio, employerBps);
    }

    function test_dispute_refusesAfterTheReviewWindow() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        vm.warp(NOW + REVIEW + 1);
        refuses(manager, disputeCall(terms, 0, COST), tooLate(NOW + REVIEW));
        vm.warp(NOW + REVIEW);
        accepts(manager, disputeCall(terms, 0, COST));
    }

    function test_dispute_refusesOthers(address caller) public {
        if (caller == manager) caller = talent;
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        refuses(caller, disputeCall(terms, 0, COST), unauthorized(caller));
    }

    function test_dispute_refusesAnythingButADelivery() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        refuses(manager, disputeCall(terms, 0, COST), wrongPhase(agreement, IWorkTypes.Phase.Funded));
        submit(terms, 0, PAY);
        dispute(terms, 0);
        refuses(manager, disputeCall(terms, 0, COST), wrongPhase(agreement, IWorkTypes.Phase.Disputed));
    }

    function test_dispute_refusesWithoutACourt() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        (terms.court, terms.caseTime) = (address(0), 0);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.NoCourt.selector, agreement);
        refuses(manager, disputeCall(terms, 0, COST), refusal);
    }

    function test_dispute_refusesADearerCourt(uint256 costMax) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        costMax = bound(costMax, 0, COST - 1);
        refuses(manager, disputeCall(terms, 0, costMax), outOfRange(COST, 0, costMax));
    }

    function test_dispute_refusesAShareAboveTheWhole(uint256 employerBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        employerBps = bound(employerBps, 10_001, type(uint256).max);
        refuses(manager, disputeCall(terms, employerBps, COST), outOfRange(employerBps, 0, 10_000));
    }

    /// The talent signed how long a case may take; a court that wants longer gets no case.
    function test_dispute_refusesACourtThatTakesLonger(uint256 longest) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        longest = bound(longest, CASE + 1, type(uint256).max);
        court.setLongest(longest);
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.CaseTooLong.selector, longest, CASE);
        refuses(manager, disputeCall(terms, 0, COST), refusal);
    }

    /// Nothing that is held here pays a court: neither more nor less than the cost leaves.
    function test_dispute_refusesACourtThatTakesAnotherSum(int256 by) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        by = -int256(bound(uint256(by), 1, COST));
        court.takeMore(by);
        refuses(
            manager,
            disputeCall(terms, 0, COST),
            abi.encodeWithSelector(
                IWorkTypes.TokenMisbehaved.selector, address(token), COST, uint256(int256(COST) + by)
            )
        );
        court.takeMore(1);
        (bool done,) = sent(manager, disputeCall(terms, 0, COST));
        vm.assertTrue(!done);
        vm.assertEq(held(), PAY + feeOn(PAY));
    }

    /// A court that opens no case changes nothing: the claim settles by silence.
    function test_dispute_failsWithACourtThatRefuses() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        court.refuseCases(true);
        refuses(manager, disputeCall(terms, 0, COST), abi.encodeWithSignature("Error(string)", "no case"));
        assertState(agreement, IWorkTypes.Phase.Submitted, 0, 1);
        vm.warp(NOW + REVIEW + 1);
        agreements.settle(terms, 0);
    }

    /// A claim so small that the court costs nothing is still a case.
    function test_dispute_mayCostNothing() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, 1);
        accepts(manager, disputeCall(terms, 0, 0));
        assertState(agreement, IWorkTypes.Phase.Disputed, 0, 1);
    }

    /// Bounded ruling: whatever the court says, only the disputed milestone's money moves, and it adds up.
    function test_resolve_paysTheRuling(uint256 claimed, uint256 talentBps, uint256 later) public {
        claimed = bound(claimed, 1, PAY);
        talentBps = bound(talentBps, 0, 10_000);
        (IWorkTypes.Terms memory terms, bytes32 agreement) = disputed(claimed);
        court.rule(caseOf(terms, 0), talentBps);
        vm.warp(NOW + bound(later, 0, 2 * uint256(CASE)));
        uint256 before = token.balanceOf(employer);
        uint256 pay = claimed * talentBps / 10_000;
        uint256 fee = feeOn(PAY) * pay / PAY;
        uint256 back = PAY + feeOn(PAY) - pay - fee;

        expectClosed(agreement, IWorkTypes.Closing.Ruled, pay, fee, back);
        accepts(stranger, resolveCall(terms));

        vm.assertEq(token.balanceOf(payout), pay);
        vm.assertEq(token.balanceOf(employer) - before, back);
        vm.assertEq(held(), PAY + feeOn(PAY) + fee);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 2);
    }

    function test_resolve_waitsForTheCourtUntilTheDeadline(uint256 later) public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        vm.warp(NOW + bound(later, 0, CASE));
        refuses(stranger, resolveCall(terms), tooEarly(NOW + CASE));
    }

    /// A silent, reverting, gas-burning or lying court yields the fallback that both sides signed, and no second sooner.
    function test_resolve_fallsBack(uint256 claimed, uint8 manner, uint256 lie, uint16 fallbackBps) public {
        claimed = bound(claimed, 1, PAY);
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.fallbackTalentBps = uint16(bound(fallbackBps, 0, 10_000));
        bytes32 agreement = fundAndSubmit(terms, claimed);
        dispute(terms, 0);
        manner = uint8(bound(manner, 0, 5));
        if (manner == 5) court.rule(caseOf(terms, 0), bound(lie, 10_001, type(uint256).max));
        if (manner < 5) court.become(TestCourt.Manner(manner));
        vm.warp(NOW + CASE);
        refuses(stranger, resolveCall(terms), tooEarly(NOW + CASE));
        vm.warp(NOW + CASE + 1);
        uint256 pay = claimed * terms.fallbackTalentBps / 10_000;
        uint256 fee = feeOn(PAY) * pay / PAY;
        expectClosed(agreement, IWorkTypes.Closing.FellBack, pay, fee, PAY + feeOn(PAY) - pay - fee);
        accepts(stranger, resolveCall(terms));
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    /// An answer that goes on behind its two words is still a ruling.
    function test_resolve_readsTheFirstTwoWords() public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        court.become(TestCourt.Manner.AnswersLong);
        accepts(stranger, resolveCall(terms));
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function test_resolve_fallsBackWhenTheCourtVanished() public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        vm.etch(address(court), "");
        vm.warp(NOW + CASE + 1);
        accepts(stranger, resolveCall(terms));
        vm.assertEq(token.balanceOf(payout), PAY / 2);
    }

    /// Nobody can turn a ruling into the fallback by sending little gas.
    function test_resolve_cannotBeStarved(uint256 gas) public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        court.rule(caseOf(terms, 0), 10_000);
        vm.warp(NOW + CASE + 1);
        vm.prank(stranger);
        (bool done,) = address(agreements).call{gas: bound(gas, 30_000, 900_000)}(resolveCall(terms));
        vm.assertEq(token.balanceOf(payout), done ? PAY : 0);
        vm.assertEq(credit(talent, address(token)), 0);
    }

    function test_resolve_saysWhenGasIsShort() public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        vm.prank(stranger);
        (bool done, bytes memory answer) = address(agreements).call{gas: 200_000}(resolveCall(terms));
        vm.assertTrue(!done);
        vm.assertEq(bytes32(bytes4(answer)), bytes32(IWorkTypes.NotEnoughGas.selector));
    }

    function test_resolve_refusesUndisputed() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        refuses(stranger, resolveCall(terms), wrongPhase(agreement, IWorkTypes.Phase.Submitted));
    }

    /// While a case is open both sides can still give way, and the case comes to nothing here.
    function test_disputed_partiesCanStillClose(uint256 claimed, uint256 pay, bool byTalent) public {
        claimed = bound(claimed, 1, PAY);
        (IWorkTypes.Terms memory terms, bytes32 agreement) = disputed(claimed);
        pay = bound(pay, claimed, PAY);
        if (claimed > 1) {
            bytes memory low = abi.encodeCall(IWorkAgreements.release, (terms, 0, claimed - 1));
            refuses(manager, low, outOfRange(claimed - 1, claimed, PAY));
        }
        if (byTalent) refund(terms, 0);
        else release(terms, 0, pay);
        vm.assertEq(token.balanceOf(payout), byTalent ? 0 : pay);
        court.rule(caseOf(terms, 0), 0);
        refuses(stranger, resolveCall(terms), wrongPhase(agreement, IWorkTypes.Phase.Funded));
    }

    function test_disputed_refusesEverythingElse() public {
        (IWorkTypes.Terms memory terms, bytes32 agreement) = disputed(PAY);
        vm.warp(NOW + 1000 days);
        bytes memory refusal = wrongPhase(agreement, IWorkTypes.Phase.Disputed);
        refuses(talent, abi.encodeCall(IWorkAgreements.submit, (terms, 0, PAY, EVIDENCE)), refusal);
        refuses(employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)), refusal);
        refuses(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)), refusal);
        refuses(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), refusal);
        refuses(employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)), refusal);
        refuses(stranger, abi.encodeCall(IWorkAgreements.settle, (terms, 0)), refusal);
        refuses(manager, abi.encodeCall(IWorkAgreements.requestChanges, (terms, 0, REASONS)), refusal);
    }

    /// Each milestone is a case of its own.
    function test_dispute_namesTheMilestone() public {
        (IWorkTypes.Terms memory terms,) = disputed(PAY);
        court.rule(caseOf(terms, 0), 0);
        accepts(stranger, resolveCall(terms));
        submit(terms, 1, PAY);
        dispute(terms, 1);
        refuses(stranger, abi.encodeCall(IWorkAgreements.resolve, (terms, 1)), tooEarly(NOW + CASE));
        court.rule(caseOf(terms, 1), 10_000);
        accepts(stranger, abi.encodeCall(IWorkAgreements.resolve, (terms, 1)));
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function expectClosed(bytes32 agreement, IWorkTypes.Closing how, uint256 pay, uint256 fee, uint256 back) private {
        bytes32 negotiation = agreements.negotiationOf(talent, 7);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneClosed(
            negotiation, employer, talent, agreement, 0, how, pay, fee, back, fee == 0 ? 0 : 1
        );
    }

    function disputeCall(IWorkTypes.Terms memory terms, uint256 employerBps, uint256 costMax)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IWorkAgreements.dispute, (terms, 0, employerBps, costMax));
    }

    function resolveCall(IWorkTypes.Terms memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.resolve, (terms, 0));
    }
}
