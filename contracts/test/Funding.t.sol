// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../src/Policy.sol";
import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

contract FundingTest is AgreementTest {
    function test_deploy_refusesAPolicyThatIsNone() public {
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.PolicyMissing.selector, stranger));
        new WorkAgreements(Policy(stranger));
    }

    function test_deploy_keepsItsPolicy() public view {
        vm.assertEq(address(agreements.POLICY()), address(policy));
    }

    function test_fund_takesSumAndFee(uint128 amount, uint256 milestones, uint256 count) public {
        milestones = bound(milestones, 1, 32);
        count = bound(count, 1, milestones);
        IWorkTypes.Terms memory terms = termsOf(milestones);
        for (uint256 i = 0; i < milestones; ++i) {
            terms.amounts[i] = uint128(bound(uint256(amount) + i, 1, type(uint128).max));
        }
        uint256 price;
        for (uint256 i = 0; i < count; ++i) {
            price += terms.amounts[i] + feeOn(terms.amounts[i]);
        }

        bytes32 agreement = fund(terms, count);

        vm.assertEq(held(), price);
        assertState(agreement, IWorkTypes.Phase.Funded, 0, count);
        vm.assertTrue(agreements.isNonceSpent(talent, terms.nonce));
    }

    function test_fund_tellsEverything() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 negotiation = keccak256(abi.encode(talent, terms.nonce));
        bytes32 agreement = agreements.hashTerms(terms);
        bytes memory signature = signed(terms);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.AgreementFunded(negotiation, employer, talent, agreement, terms, 1, PAY + feeOn(PAY));
        vm.prank(employer);
        agreements.fund(terms, signature, 1);
        vm.assertEq(agreements.negotiationOf(talent, terms.nonce), negotiation);
    }

    function test_fund_refusesAnyoneButEmployer(address caller) public {
        if (caller == employer) caller = stranger;
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory signature = signed(terms);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller));
        vm.prank(caller);
        agreements.fund(terms, signature, 1);
    }

    function test_fund_refusesCountOutOfRange(uint256 count) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        if (count >= 1 && count <= 3) count = 0;
        refuseFunding(
            terms, count, abi.encodeWithSelector(IWorkTypes.NothingToFund.selector, agreements.hashTerms(terms), count)
        );
    }

    function test_fund_refusesSecondAgreementOnOneNonce(bytes32 documents) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        terms.documents = documents;
        refuseFunding(terms, 1, abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, talent, terms.nonce));
    }

    function test_fund_acceptsValidityToTheSecond() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.validUntil = uint64(NOW);
        fund(terms, 1);
        (terms.nonce, terms.validUntil) = (8, uint64(NOW + 30 days));
        fund(terms, 1);
    }

    function test_fund_refusesExpiredTerms(uint256 late) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.validUntil = uint64(NOW);
        vm.warp(NOW + bound(late, 1, 1000 days));
        refuseFunding(terms, 1, abi.encodeWithSelector(IWorkTypes.TermsExpired.selector, NOW));
    }

    function test_fund_refusesValidityTooFarAhead() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.validUntil = uint64(NOW + 30 days + 1);
        refuseField(terms, "validUntil");
    }

    function test_fund_refusesParties() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.talent = employer;
        refuseField(terms, "talent");
        terms.talent = address(0);
        refuseField(terms, "talent");

        terms = termsOf(1);
        terms.manager = talent;
        refuseField(terms, "manager");
        terms.manager = address(0);
        refuseField(terms, "manager");
    }

    function test_fund_refusesPayoutThatLosesMoney() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        address[3] memory lost = [address(0), address(token), address(agreements)];
        for (uint256 i = 0; i < lost.length; ++i) {
            terms.payout = lost[i];
            refuseField(terms, "payout");
        }
    }

    function test_fund_refusesATokenThatIsNotListed() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.token = stranger;
        refuseFunding(terms, 1, notListed(stranger, terms.policyVersion));
        terms.token = address(token);
        terms.policyVersion -= 1;
        refuseFunding(terms, 1, notListed(address(token), terms.policyVersion));
    }

    function test_fund_takesAtLeastTheTokensMinimum(uint256 milestone) public {
        list(address(token), 10e6);
        IWorkTypes.Terms memory terms = termsOf(32);
        milestone = bound(milestone, 0, 31);
        terms.amounts[milestone] = 10e6 - 1;
        refuseField(terms, "amounts");
        terms.amounts[milestone] = 10e6;
        fund(terms, 1);
    }

    function test_fund_refusesAVersionNobodyPublished(uint32 version) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        if (version != 0 && version <= terms.policyVersion) version = 0;
        terms.policyVersion = version;
        refuseFunding(terms, 1, abi.encodeWithSelector(IPolicy.VersionUnknown.selector, version));
    }

    /// A vote kills no deal on the table: terms of the version before are funded under its rules for 14 days.
    function test_fund_acceptsASupersededVersionFor14Days(bool delisted) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        if (delisted) delist(address(token));
        else setFee(0);
        vm.warp(NOW + 14 days - 1);
        fund(terms, 1);
        vm.assertEq(held(), PAY + feeOn(PAY));

        vm.warp(NOW + 14 days);
        terms.nonce = 8;
        refuseFunding(
            terms, 1, abi.encodeWithSelector(IPolicy.VersionExpired.selector, terms.policyVersion, NOW + 14 days - 1)
        );
    }

    /// Terms follow the version they name, not the one in force: neither side's numbers change under their hands.
    function test_fund_followsTheNamedVersion() public {
        IWorkTypes.Terms memory old = termsOf(1);
        IPolicy.Parameters memory next = parameters();
        (next.feeBps, next.reviewWindowMin, next.reviewWindowMax, next.validityMax) = (100, 4 days, 6 days, 2 days);
        publish(next);
        fund(old, 1);

        IWorkTypes.Terms memory terms = termsOf(1);
        (terms.nonce, terms.validUntil) = (8, uint64(NOW + 2 days));
        refuseField(terms, "feeBps");
        terms.feeBps = 100;
        refuseField(terms, "reviewWindow");
        terms.reviewWindow = 4 days - 1;
        refuseField(terms, "reviewWindow");
        terms.reviewWindow = 6 days;
        terms.validUntil += 1;
        refuseField(terms, "validUntil");
        terms.validUntil -= 1;
        fund(terms, 1);
    }

    /// Once, by a static call: the policy cannot be asked anything else, nor answer twice.
    function test_fund_readsThePolicyOnce() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        vm.expectCall(
            address(policy), abi.encodeCall(IPolicy.fundingRules, (terms.policyVersion, address(token))), uint64(1)
        );
        fund(terms, 2);
    }

    function test_fund_refusesAnotherFee(uint16 feeBps) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.feeBps = feeBps == FEE_BPS ? 0 : feeBps;
        refuseField(terms, "feeBps");
    }

    function test_fund_boundsReviewWindow() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.reviewWindow = 3 days - 1;
        refuseField(terms, "reviewWindow");
        terms.reviewWindow = 90 days + 1;
        refuseField(terms, "reviewWindow");
        terms.reviewWindow = 3 days;
        fund(terms, 1);
        (terms.nonce, terms.reviewWindow) = (8, 90 days);
        fund(terms, 1);
    }

    function test_fund_boundsEveryWorkTime(uint256 milestone) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        milestone = bound(milestone, 0, 31);
        terms.workTimes[milestone] = 1 hours - 1;
        refuseField(terms, "workTimes");
        terms.workTimes[milestone] = 365 days + 1;
        refuseField(terms, "workTimes");
        terms.workTimes[milestone] = 1 hours;
        fund(terms, 1);
        (terms.nonce, terms.workTimes[milestone]) = (8, 365 days);
        fund(terms, 1);
    }

    function test_fund_boundsRework() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.reworkTime = 3 days - 1;
        refuseField(terms, "reworkTime");
        terms.reworkTime = 90 days + 1;
        refuseField(terms, "reworkTime");
        terms.reworkTime = 90 days;
        terms.revisionsMax = 8;
        refuseField(terms, "revisionsMax");
        terms.revisionsMax = 7;
        fund(terms, 1);
        (terms.nonce, terms.reworkTime) = (8, 3 days);
        fund(terms, 1);
    }

    function test_fund_boundsTheOriginsShare() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.originBps = 1;
        refuseField(terms, "originBps");
        terms.origin = origin;
        terms.originBps = 5001;
        refuseField(terms, "originBps");
        terms.originBps = 5000;
        fund(terms, 1);
    }

    /// No court, no case; a court without time would be none.
    function test_fund_boundsTheCase() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.caseTime = 0;
        refuseField(terms, "caseTime");
        terms.caseTime = 365 days + 1;
        refuseField(terms, "caseTime");
        terms.fallbackTalentBps = 10_001;
        terms.caseTime = 365 days;
        refuseField(terms, "fallbackTalentBps");
        terms.fallbackTalentBps = 10_000;
        terms.court = address(0);
        refuseField(terms, "caseTime");
        terms.caseTime = 0;
        fund(terms, 1);
    }

    /// A stop keeps new agreements out; whoever is in notices nothing.
    function test_fund_refusesWhileEntryIsStopped() public {
        IWorkTypes.Terms memory inside = termsOf(3);
        fund(inside, 1);
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.nonce = 8;
        vm.prank(guardian);
        policy.stopEntry(terms.policyVersion, 2 days);
        vm.warp(NOW + 2 days);
        refuseFunding(
            terms, 1, abi.encodeWithSelector(IPolicy.EntryIsStopped.selector, terms.policyVersion, NOW + 2 days)
        );
        fundMore(inside, 2);
        release(inside, 0, PAY);
        refund(inside, 1);
        vm.warp(NOW + 2 days + 1);
        fund(terms, 1);
    }

    function test_fund_refusesAnEmptyMilestone(uint256 milestone) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        terms.amounts[bound(milestone, 0, 31)] = 0;
        refuseField(terms, "amounts");
    }

    function test_fund_refusesMilestoneCounts() public {
        refuseField(termsOf(0), "amounts");
        refuseField(termsOf(33), "amounts");
        IWorkTypes.Terms memory terms = termsOf(2);
        terms.workTimes = termsOf(1).workTimes;
        refuseField(terms, "workTimes");
        terms.workTimes = termsOf(3).workTimes;
        refuseField(terms, "workTimes");
    }

    function test_fundMore_prepaysWithoutTouchingThePresent(uint256 later, uint256 count) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        bytes32 agreement = fund(terms, 1);
        vm.warp(NOW + bound(later, 0, 1000 days));
        count = bound(count, 1, 31);

        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestonesFunded(
            keccak256(abi.encode(talent, terms.nonce)),
            employer,
            talent,
            agreement,
            1,
            count,
            count * (PAY + feeOn(PAY))
        );
        fundMore(terms, count);

        vm.assertEq(held(), (1 + count) * (PAY + feeOn(PAY)));
        vm.assertEq(agreements.stateOf(agreement).funded, 1 + count);
        vm.assertEq(agreements.stateOf(agreement).since, NOW);
    }

    function test_fundMore_keepsADelivery() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        submit(terms, 0, PAY);
        fundMore(terms, 1);
        assertState(agreement, IWorkTypes.Phase.Submitted, 0, 2);
        vm.assertEq(agreements.stateOf(agreement).claimed, PAY);
    }

    function test_fundMore_wakesAnIdleAgreementAfterTheTermsExpired() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        release(terms, 0, PAY);
        assertState(agreement, IWorkTypes.Phase.Idle, 1, 1);
        vm.warp(terms.validUntil + 1);
        fundMore(terms, 1);
        assertState(agreement, IWorkTypes.Phase.Funded, 1, 2);
    }

    function test_fundMore_refusesAnyoneButEmployer(address caller) public {
        if (caller == employer) caller = stranger;
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller));
        vm.prank(caller);
        agreements.fundMore(terms, 1);
    }

    function test_fundMore_refusesCountOutOfRange(uint256 count) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 1);
        if (count == 1 || count == 2) count = 3;
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NothingToFund.selector, agreement, count));
        fundMore(terms, count);
    }

    function test_fundMore_refusesUnknownAndEnded() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = agreements.hashTerms(terms);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.WrongPhase.selector, agreement, 0));
        fundMore(terms, 1);

        fund(terms, 1);
        vm.warp(NOW + WORK + 1);
        vm.prank(employer);
        agreements.reclaim(terms, 0);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.WrongPhase.selector, agreement, IWorkTypes.Phase.Ended));
        fundMore(terms, 1);
    }

    function refuseField(IWorkTypes.Terms memory terms, bytes32 field) private {
        refuseFunding(terms, 1, abi.encodeWithSelector(IWorkTypes.TermsInvalid.selector, field));
    }

    function notListed(address listed, uint32 version) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPolicy.TokenNotListed.selector, listed, version);
    }

    function refuseFunding(IWorkTypes.Terms memory terms, uint256 count, bytes memory refusal) private {
        bytes memory signature = signed(terms);
        vm.expectRevert(refusal);
        vm.prank(employer);
        agreements.fund(terms, signature, count);
    }

    function fundMore(IWorkTypes.Terms memory terms, uint256 count) private {
        vm.prank(employer);
        agreements.fundMore(terms, count);
    }
}
