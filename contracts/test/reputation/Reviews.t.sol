// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../../src/interfaces/IReputation.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../../src/reputation/Reputation.sol";
import {Wallet} from "../utils/Wallets.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {ReputationTest} from "./utils/ReputationTest.sol";

/// @notice What a review is: typed data of a party of a closed milestone, and nothing else.
contract ReviewsTest is ReputationTest {
    string private constant TYPES = "address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,"
        "uint8 quality,uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,"
        "bytes32 text,bytes32 salt";

    /// The form is that of the interface's documentation, word for word, hashed by an implementation that is not ours.
    function test_hashReview_isTheTypedDataHash(bytes32 salt, uint256 milestone, uint8 skills) public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        (review.salt, review.milestone) = (salt, milestone);
        if (skills % 3 == 0) review.skills = new IReputation.SkillRating[](0);
        string memory types = string.concat(
            '"Review":[', fieldList(TYPES), '],"SkillRating":[', fieldList("string skill,uint8 rating"), "]"
        );
        vm.assertEq(reputation.hashReview(review), vm.eip712HashTypedData(formOf("Review", types, valuesOf(review))));
    }

    function test_checkReview_takesEveryPartysWord() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        passes(terms, review, EMPLOYER_KEY);
        review.reviewer = manager;
        passes(terms, review, MANAGER_KEY);
        (review.reviewer, review.skills) = (talent, new IReputation.SkillRating[](0));
        passes(terms, review, TALENT_KEY);
    }

    function test_checkReview_asksContractWallets() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.employer = address(new Wallet("secret"));
        token.mint(terms.employer, 1e30);
        vm.prank(terms.employer);
        token.approve(address(agreements), type(uint256).max);
        fund(terms, 1);
        release(terms, 0, PAY);
        IReputation.Review memory review = reviewOf(terms);
        vm.assertEq(reputation.checkReview(terms, review, abi.encode(bytes32("secret"))), reputation.hashReview(review));
        fails(terms, review, abi.encode(bytes32("guess")), notSigned(terms.employer));
    }

    function test_checkReview_refusesWhoIsNoParty(address reviewer) public {
        (IWorkTypes.Terms memory terms,) = worked();
        if (reviewer == employer || reviewer == manager || reviewer == talent) reviewer = payout;
        IReputation.Review memory review = reviewOf(terms);
        review.reviewer = reviewer;
        fails(terms, review, "", abi.encodeWithSelector(IReputation.NotAParty.selector, reviewer));
    }

    function test_checkReview_refusesAnothersSignature(uint256 key) public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        key = bound(key, 1, type(uint128).max);
        if (vm.addr(key) == employer) key = TALENT_KEY;
        fails(terms, review, signedBy(key, reputation.hashReview(review)), notSigned(employer));
        fails(terms, review, "", notSigned(employer));
    }

    // ------------------------------------------------------------------------------------------------- numbers

    function test_checkReview_holdsEveryRatingInRange(uint8 rating, uint256 which) public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        bytes32 field;
        which = bound(which, 0, 6);
        if (which == 0) (review.overall, field) = (rating, "overall");
        if (which == 1) (review.quality, field) = (rating, "quality");
        if (which == 2) (review.communication, field) = (rating, "communication");
        if (which == 3) (review.punctuality, field) = (rating, "punctuality");
        if (which == 4) (review.fairness, field) = (rating, "fairness");
        if (which == 5) (review.again, field) = (rating, "again");
        if (which == 6) (review.skills[1].rating, field) = (rating, "skills");
        if (rating >= 1 && rating <= 5) passes(terms, review, EMPLOYER_KEY);
        else invalid(terms, review, field);
    }

    function test_checkReview_refusesZeroAndSixOnEachAxis() public {
        for (uint256 which = 0; which <= 6; ++which) {
            uint256 snapshot = vm.snapshotState();
            test_checkReview_holdsEveryRatingInRange(0, which);
            vm.revertToState(snapshot);
            test_checkReview_holdsEveryRatingInRange(6, which);
            vm.revertToState(snapshot);
        }
    }

    function test_checkReview_takesTenSkillsEachOnce() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        review.skills = skillsOf(10);
        passes(terms, review, EMPLOYER_KEY);
        review.skills[9].skill = review.skills[0].skill;
        invalid(terms, review, "skills");
        review.skills = skillsOf(11);
        invalid(terms, review, "skills");
    }

    function test_checkReview_boundsTheNameOfASkill() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        review.skills[0].skill = string(new bytes(200));
        passes(terms, review, EMPLOYER_KEY);
        review.skills[0].skill = string(new bytes(201));
        invalid(terms, review, "skills");
        review.skills[0].skill = "";
        invalid(terms, review, "skills");
    }

    function test_checkReview_skillsAreTheTalentsToBeRated() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        review.reviewer = talent;
        invalid(terms, review, "skills");
    }

    // ------------------------------------------------------------------------------------------------- milestones

    function test_checkReview_waitsUntilTheMilestoneCloses() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        IReputation.Review memory review = reviewOf(terms);
        open(terms, review, 0); // never funded
        fund(terms, 2);
        open(terms, review, 0);
        submit(terms, 0, PAY);
        open(terms, review, 0);
        dispute(terms, 0);
        open(terms, review, 0);
        court.rule(caseOf(terms, 0), 0);
        agreements.resolve(terms, 0);
        passes(terms, review, EMPLOYER_KEY);
        open(terms, review, 1);
        refund(terms, 1);
        review.milestone = 1;
        passes(terms, review, EMPLOYER_KEY);
        open(terms, review, 2);
        open(terms, review, type(uint256).max);
    }

    /// A silent talent can be reviewed for the milestone it let lapse; those prepaid behind it were never begun.
    function test_checkReview_takesAReclaimedMilestone() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        vm.warp(NOW + WORK + 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)));
        IReputation.Review memory review = reviewOf(terms);
        passes(terms, review, EMPLOYER_KEY);
        open(terms, review, 1);
        open(terms, review, 2);
    }

    /// An idle agreement that somebody ends has no milestone that anybody let lapse.
    function test_checkReview_refusesWhatNobodyBegan() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        release(terms, 0, PAY);
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (terms, 1)));
        open(terms, reviewOf(terms), 1);
    }

    /// What closed before an amendment is reviewed under either name; what closed after it, under the new one.
    function test_checkReview_outlivesAnAmendment() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        release(terms, 0, PAY);
        IWorkTypes.Terms memory next = amend(terms);
        passes(terms, reviewOf(terms), EMPLOYER_KEY);
        passes(next, reviewOf(next), EMPLOYER_KEY);
        release(next, 1, PAY);
        open(terms, reviewOf(terms), 1);
        IReputation.Review memory review = reviewOf(next);
        review.milestone = 1;
        passes(next, review, EMPLOYER_KEY);
    }

    // ------------------------------------------------------------------------------------------------- the opening

    /// What an author keeps proves alone, against whoever denies it, what was said, by whom, where and since when.
    function test_anOpeningProvesAReviewThatWasDeleted(uint256 seed, uint256 count, uint256 index) public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        bytes memory signature = signedBy(EMPLOYER_KEY, reputation.hashReview(review));
        count = bound(count, 1, 40);
        index = bound(index, 0, count - 1);
        bytes32[] memory entries = seals(count, seed);
        entries[index] = reputation.hashReview(review);
        uint256 batch = anchor(MerkleTree.rootOf(entries), uint32(count));
        bytes32[] memory proof = MerkleTree.proofOf(entries, index);

        vm.warp(NOW + 3650 days);
        bytes32 seal = reputation.checkReview(terms, review, signature);
        vm.assertTrue(reputation.verifyReview(batch, index, seal, proof));
        vm.assertEq(reputation.batchOf(batch).anchoredAt, NOW);
        review.overall = 1;
        vm.assertTrue(!reputation.verifyReview(batch, index, reputation.hashReview(review), proof));
    }

    // ------------------------------------------------------------------------------------------------- attacks

    function test_attack_aReviewOfAnotherChainIsNone() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        bytes32 seal = reputation.hashReview(review);
        vm.chainId(block.chainid + 1);
        vm.assertTrue(reputation.hashReview(review) != seal);
        fails(terms, review, signedBy(EMPLOYER_KEY, seal), notSigned(employer));
    }

    function test_attack_aReviewForAnotherContractOrEscrowIsNone() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        bytes32 elsewhere = another().hashReview(review);
        fails(terms, review, signedBy(EMPLOYER_KEY, elsewhere), notSigned(employer));
        review.escrow = stranger;
        invalid(terms, review, "escrow");
    }

    /// Real terms, and a review of another deal: everything that names the deal must agree.
    function test_attack_aReviewOfOtherTermsIsNone() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        terms.documents = keccak256("other text");
        invalid(terms, review, "agreement");
        review = reviewOf(terms);
        fails(terms, review, "", notClosed(review.agreement, 0)); // never funded
        (review.negotiation, review.agreement) = (keccak256("other"), agreements.hashTerms(terms));
        invalid(terms, review, "negotiation");
    }

    /// Whoever alters one field of a signed review has another review, which nobody signed.
    function test_attack_aSignedReviewCannotBeAltered() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        release(terms, 0, PAY);
        release(terms, 1, PAY);
        bytes memory signature = signedBy(EMPLOYER_KEY, reputation.hashReview(reviewOf(terms)));
        for (uint256 which = 0; which <= 11; ++which) {
            IReputation.Review memory review = altered(reviewOf(terms), which);
            fails(terms, review, signature, notSigned(review.reviewer));
        }
    }

    /// Who reviews, and of what, is part of what is sealed: no seal opens to two deals.
    function test_attack_aSealNamesItsDeal() public {
        (IWorkTypes.Terms memory terms,) = worked();
        bytes32 seal = reputation.hashReview(reviewOf(terms));
        for (uint256 which = 0; which < 4; ++which) {
            IReputation.Review memory review = reviewOf(terms);
            if (which == 0) review.escrow = stranger;
            if (which == 1) review.negotiation = keccak256("other");
            if (which == 2) review.agreement = keccak256("other");
            if (which == 3) review.reviewer = manager;
            vm.assertTrue(reputation.hashReview(review) != seal);
        }
    }

    // ------------------------------------------------------------------------------------------------- helpers

    function altered(IReputation.Review memory review, uint256 which) private view returns (IReputation.Review memory) {
        if (which == 0) review.overall = 4;
        if (which == 1) review.quality = 5;
        if (which == 2) review.communication = 5;
        if (which == 3) review.punctuality = 5;
        if (which == 4) review.fairness = 5;
        if (which == 5) review.again = 1;
        if (which == 6) review.skills[0].rating = 1;
        if (which == 7) review.skills[1].skill = "java";
        if (which == 8) review.text = 0;
        if (which == 9) review.salt = 0;
        if (which == 10) review.milestone = 1;
        if (which == 11) review.reviewer = manager;
        return review;
    }

    function passes(IWorkTypes.Terms memory terms, IReputation.Review memory review, uint256 key) private view {
        bytes32 seal = reputation.hashReview(review);
        vm.assertEq(reputation.checkReview(terms, review, signedBy(key, seal)), seal);
    }

    function fails(
        IWorkTypes.Terms memory terms,
        IReputation.Review memory review,
        bytes memory signature,
        bytes memory refusal
    ) private {
        refused(stranger, abi.encodeCall(IReputation.checkReview, (terms, review, signature)), refusal);
    }

    /// @dev Refused for the field, whoever signs it.
    function invalid(IWorkTypes.Terms memory terms, IReputation.Review memory review, bytes32 field) private {
        bytes memory signature = signedBy(EMPLOYER_KEY, reputation.hashReview(review));
        fails(terms, review, signature, abi.encodeWithSelector(IReputation.ReviewInvalid.selector, field));
    }

    function open(IWorkTypes.Terms memory terms, IReputation.Review memory review, uint256 milestone) private {
        uint256 before = review.milestone;
        review.milestone = milestone;
        bytes memory signature = signedBy(EMPLOYER_KEY, reputation.hashReview(review));
        fails(terms, review, signature, notClosed(review.agreement, milestone));
        review.milestone = before;
    }

    function notClosed(bytes32 agreement, uint256 milestone) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.MilestoneNotClosed.selector, agreement, milestone);
    }

    function skillsOf(uint256 count) private pure returns (IReputation.SkillRating[] memory skills) {
        skills = new IReputation.SkillRating[](count);
        for (uint256 i = 0; i < count; ++i) {
            skills[i] = IReputation.SkillRating(string.concat("skill ", vm.toString(i)), 3);
        }
    }

    function valuesOf(IReputation.Review memory review) private pure returns (string memory text) {
        text = string.concat('"escrow":', quoted(vm.toString(review.escrow)));
        text = string.concat(text, ',"negotiation":', quoted(vm.toString(review.negotiation)));
        text = string.concat(text, ',"agreement":', quoted(vm.toString(review.agreement)));
        text = string.concat(text, ',"milestone":', quoted(vm.toString(review.milestone)));
        text = string.concat(text, ',"reviewer":', quoted(vm.toString(review.reviewer)));
        text = string.concat(text, ',"overall":', vm.toString(uint256(review.overall)));
        text = string.concat(text, ',"quality":', vm.toString(uint256(review.quality)));
        text = string.concat(text, ',"communication":', vm.toString(uint256(review.communication)));
        text = string.concat(text, ',"punctuality":', vm.toString(uint256(review.punctuality)));
        text = string.concat(text, ',"fairness":', vm.toString(uint256(review.fairness)));
        text = string.concat(text, ',"again":', vm.toString(uint256(review.again)), ',"skills":[');
        for (uint256 i = 0; i < review.skills.length; ++i) {
            text = string.concat(text, i == 0 ? "" : ",", '{"skill":', quoted(review.skills[i].skill));
            text = string.concat(text, ',"rating":', vm.toString(uint256(review.skills[i].rating)), "}");
        }
        text = string.concat(text, '],"text":', quoted(vm.toString(review.text)));
        return string.concat(text, ',"salt":', quoted(vm.toString(review.salt)));
    }
}
