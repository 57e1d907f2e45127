// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice Other terms in the place of the present ones, by both sides and for ever.
contract AmendmentsTest is AgreementTest {
    function test_amend_movesTheStateForEver(uint256 phase, bool talentCalls) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 2);
        phase = bound(phase, 0, 3);
        if (phase == 1) submit(terms, 0, PAY / 2);
        if (phase == 2) {
            submit(terms, 0, PAY / 2);
            dispute(terms, 0);
        }
        if (phase == 3) {
            release(terms, 0, PAY);
            release(terms, 1, PAY);
        }
        IWorkTypes.Terms memory next = amended(terms);
        bytes32 word = agreements.stateWord(agreement);
        bytes32 name = agreements.hashTerms(next);
        uint256 before = held();

        bytes memory call = amendCall(terms, next, talentCalls ? EMPLOYER_KEY : TALENT_KEY);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.AgreementAmended(agreements.negotiationOf(talent, 7), employer, talent, agreement, name, next);
        accepts(talentCalls ? talent : employer, call);

        vm.assertEq(agreements.stateWord(name), word);
        vm.assertEq(agreements.amendedTo(agreement), name);
        vm.assertEq(uint256(agreements.stateOf(agreement).phase), uint256(IWorkTypes.Phase.Amended));
        vm.assertEq(held(), before);
        vm.assertEq(agreements.exitBound(terms), 0);
        assertDead(terms, agreement);
        if (phase == 0) {
            release(next, 0, PAY);
            vm.assertEq(token.balanceOf(payout), PAY);
        }
    }

    /// The new terms live: other windows, more milestones, another manager.
    function test_amend_newTermsAreTheLaw() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        IWorkTypes.Terms memory next = amended(terms);
        next.amounts = new uint128[](2);
        next.workTimes = new uint32[](2);
        (next.amounts[0], next.workTimes[0]) = (PAY, WORK);
        (next.amounts[1], next.workTimes[1]) = (1, 1 hours);
        next.reviewWindow = 3 days;
        next.manager = employer;
        accepts(employer, amendCall(terms, next, TALENT_KEY));
        submit(next, 0, PAY);
        vm.warp(NOW + 3 days + 1);
        agreements.settle(next, 0);
        assertState(agreements.hashTerms(next), IWorkTypes.Phase.Idle, 1, 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.fundMore, (next, 1)));
        accepts(employer, abi.encodeCall(IWorkAgreements.release, (next, 1, 1)));
        assertState(agreements.hashTerms(next), IWorkTypes.Phase.Ended, 2, 2);
    }

    function test_amend_twiceMakesAChain() public {
        IWorkTypes.Terms memory first = termsOf(2);
        bytes32 agreement = fund(first, 1);
        IWorkTypes.Terms memory second = amended(first);
        accepts(employer, amendCall(first, second, TALENT_KEY));
        IWorkTypes.Terms memory third = amended(second);
        accepts(talent, amendCall(second, third, EMPLOYER_KEY));
        vm.assertEq(agreements.amendedTo(agreements.amendedTo(agreement)), agreements.hashTerms(third));
        release(third, 0, PAY);
        vm.assertEq(token.balanceOf(payout), PAY);
    }

    function test_amend_needsBothSides() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        IWorkTypes.Terms memory next = amended(terms);
        refuses(employer, amendCall(terms, next, EMPLOYER_KEY), notSigned(talent));
        refuses(talent, amendCall(terms, next, TALENT_KEY), notSigned(employer));
        refuses(manager, amendCall(terms, next, TALENT_KEY), unauthorized(manager));
        bytes memory call = amendCall(terms, next, TALENT_KEY);
        vm.warp(NOW + 1 days + 1);
        refuses(employer, call, abi.encodeWithSelector(IWorkTypes.SignatureExpired.selector, NOW + 1 days));
    }

    /// The signature that made an offer fundable is no consent to an amendment.
    function test_amend_refusesTheSignatureOfAnOffer() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        IWorkTypes.Terms memory next = amended(terms);
        bytes memory offer = signed(next);
        bytes memory call = abi.encodeCall(IWorkAgreements.amend, (terms, next, NOW + 1 days, offer));
        refuses(employer, call, notSigned(talent));
    }

    function test_amend_refusesAnotherState() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        bytes memory call = amendCall(terms, amended(terms), TALENT_KEY);
        submit(terms, 0, PAY);
        refuses(employer, call, notSigned(talent));
    }

    function test_amend_refusesWhatCannotBeAmended() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        bytes32[14] memory fields = [
            bytes32("previous"),
            "nonce",
            "employer",
            "talent",
            "payout",
            "token",
            "policyVersion",
            "feeBps",
            "origin",
            "originBps",
            "court",
            "courtRules",
            "caseTime",
            "fallbackTalentBps"
        ];
        for (uint256 i = 0; i < fields.length; ++i) {
            IWorkTypes.Terms memory next = amended(terms);
            if (i == 0) next.previous = bytes32(uint256(1));
            if (i == 1) next.nonce += 1;
            if (i == 2) next.employer = stranger;
            if (i == 3) next.talent = stranger;
            if (i == 4) next.payout = stranger;
            if (i == 5) next.token = stranger;
            if (i == 6) next.policyVersion += 1;
            if (i == 7) next.feeBps -= 1;
            if (i == 8) next.origin = stranger;
            if (i == 9) next.originBps += 1;
            if (i == 10) next.court = stranger;
            if (i == 11) next.courtRules += 1;
            if (i == 12) next.caseTime -= 1;
            if (i == 13) next.fallbackTalentBps += 1;
            refusesAmendment(terms, next, fields[i]);
        }
    }

    function test_amend_boundsWhatIsNew() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        IWorkTypes.Terms memory next = amended(terms);
        next.manager = talent;
        refusesAmendment(terms, next, "manager");
        next.manager = address(0);
        refusesAmendment(terms, next, "manager");
        next = amended(terms);
        next.reviewWindow = 3 days - 1;
        refusesAmendment(terms, next, "reviewWindow");
        next.reviewWindow = 90 days + 1;
        refusesAmendment(terms, next, "reviewWindow");
        next = amended(terms);
        next.reworkTime = 3 days - 1;
        refusesAmendment(terms, next, "reworkTime");
        next.reworkTime = 90 days + 1;
        refusesAmendment(terms, next, "reworkTime");
        next = amended(terms);
        next.revisionsMax = 8;
        refusesAmendment(terms, next, "revisionsMax");
        next = amended(terms);
        next.amounts[1] += 1;
        refusesAmendment(terms, next, "amounts");
        next = amended(terms);
        next.workTimes[1] += 1;
        refusesAmendment(terms, next, "workTimes");
        next = amended(terms);
        next.amounts[2] = 0;
        refusesAmendment(terms, next, "amounts");
        next = amended(terms);
        next.workTimes[2] = 1 hours - 1;
        refusesAmendment(terms, next, "workTimes");
    }

    function test_amend_keepsRoomForWhatIsFunded() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        refusesAmendment(terms, shortened(amended(terms), 1), "amounts");
        refusesAmendment(terms, shortened(amended(terms), 0), "amounts");
        accepts(employer, amendCall(terms, shortened(amended(terms), 2), TALENT_KEY));
    }

    /// Idle with nothing to come would be a state without an end.
    function test_amend_leavesAnIdleAgreementSomethingToCome() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 1);
        release(terms, 0, PAY);
        refusesAmendment(terms, shortened(amended(terms), 1), "amounts");
        accepts(employer, amendCall(terms, shortened(amended(terms), 2), TALENT_KEY));
    }

    function test_amend_refusesTheUnknownAndTheEnded() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = agreements.hashTerms(terms);
        refuses(employer, amendCall(terms, amended(terms), TALENT_KEY), wrongPhase(agreement, IWorkTypes.Phase.None));
        fund(terms, 1);
        refund(terms, 0);
        refuses(employer, amendCall(terms, amended(terms), TALENT_KEY), wrongPhase(agreement, IWorkTypes.Phase.Ended));
    }

    /// Fewer revisions than were used leave none, and no bound underflows.
    function test_amend_toFewerRevisionsThanUsed() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        requestChanges(terms, 0);
        submit(terms, 0, PAY);
        IWorkTypes.Terms memory next = amended(terms);
        next.revisionsMax = 0;
        accepts(employer, amendCall(terms, next, TALENT_KEY));
        vm.assertEq(agreements.exitBound(next), NOW + REVIEW + CASE + REVIEW);
        refuses(
            manager,
            abi.encodeCall(IWorkAgreements.requestChanges, (next, 0, REASONS)),
            abi.encodeWithSelector(IWorkTypes.RevisionsSpent.selector, agreements.hashTerms(next), 0)
        );
    }

    /// A move of the payout goes on under the new terms.
    function test_amend_takesAMovedPayoutAlong() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)));
        IWorkTypes.Terms memory next = amended(terms);
        accepts(employer, amendCall(terms, next, TALENT_KEY));
        vm.warp(NOW + 7 days + 1);
        release(next, 0, PAY);
        vm.assertEq(token.balanceOf(stranger), PAY);
    }

    /// Under the old name nothing can be done any more.
    function assertDead(IWorkTypes.Terms memory terms, bytes32 agreement) private {
        bytes memory refusal = wrongPhase(agreement, IWorkTypes.Phase.Amended);
        refuses(employer, abi.encodeCall(IWorkAgreements.fundMore, (terms, 1)), refusal);
        refuses(employer, abi.encodeCall(IWorkAgreements.tip, (terms, 1)), refusal);
        refuses(manager, abi.encodeCall(IWorkAgreements.release, (terms, 0, PAY)), refusal);
        refuses(talent, abi.encodeCall(IWorkAgreements.refund, (terms, 0)), refusal);
        refuses(talent, abi.encodeCall(IWorkAgreements.end, (terms, 0)), refusal);
        refuses(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)), refusal);
        refuses(talent, abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms)), refusal);
        refuses(stranger, abi.encodeCall(IWorkAgreements.settle, (terms, 0)), refusal);
        refuses(stranger, abi.encodeCall(IWorkAgreements.resolve, (terms, 0)), refusal);
        refuses(stranger, abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)), refusal);
        refuses(employer, amendCall(terms, amended(terms), TALENT_KEY), refusal);
    }

    function amended(IWorkTypes.Terms memory terms) private view returns (IWorkTypes.Terms memory next) {
        next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
        next.previous = agreements.hashTerms(terms);
        next.sequence += 1;
        next.documents = ~terms.documents;
    }

    function shortened(IWorkTypes.Terms memory terms, uint256 milestones)
        private
        pure
        returns (IWorkTypes.Terms memory)
    {
        uint128[] memory amounts = new uint128[](milestones);
        uint32[] memory workTimes = new uint32[](milestones);
        for (uint256 i = 0; i < milestones; ++i) {
            (amounts[i], workTimes[i]) = (terms.amounts[i], terms.workTimes[i]);
        }
        (terms.amounts, terms.workTimes) = (amounts, workTimes);
        return terms;
    }

    function refusesAmendment(IWorkTypes.Terms memory terms, IWorkTypes.Terms memory next, bytes32 field) private {
        refuses(
            employer,
            amendCall(terms, next, TALENT_KEY),
            abi.encodeWithSelector(IWorkTypes.TermsInvalid.selector, field)
        );
    }

    function amendCall(IWorkTypes.Terms memory terms, IWorkTypes.Terms memory next, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.amend, (terms, next, 0, ""));
        bytes memory signature = signedBy(key, agreements.hashCall(address(0), NOW + 1 days, unsigned));
        return abi.encodeCall(IWorkAgreements.amend, (terms, next, NOW + 1 days, signature));
    }

    function notSigned(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.NotSigned.selector, signer);
    }
}
