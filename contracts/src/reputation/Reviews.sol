// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../interfaces/IReputation.sol";
import {IWorkTypes} from "../interfaces/IWorkTypes.sol";
import {Work} from "./Work.sol";

/// @title What a review is, and whether it is one
abstract contract Reviews is Work {
    uint256 private constant RATING_MAX = 5;
    uint256 private constant SKILLS_MAX = 10;
    uint256 private constant SKILL_BYTES_MAX = 200;

    bytes32 private constant SKILL_RATING = keccak256("SkillRating(string skill,uint8 rating)");
    bytes32 private constant REVIEW = keccak256(
        "Review(address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,"
        "uint8 quality,uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,"
        "bytes32 text,bytes32 salt)SkillRating(string skill,uint8 rating)"
    );

    /// @inheritdoc IReputation
    function hashReview(Review calldata review) public view returns (bytes32 seal) {
        bytes memory about =
            abi.encode(REVIEW, review.escrow, review.negotiation, review.agreement, review.milestone, review.reviewer);
        bytes memory ratings = abi.encode(
            review.overall, review.quality, review.communication, review.punctuality, review.fairness, review.again
        );
        bytes memory rest = abi.encode(_hashSkills(review.skills), review.text, review.salt);
        return _hashTypedDataV4(keccak256(bytes.concat(about, ratings, rest)));
    }

    /// @inheritdoc IReputation
    function checkReview(IWorkTypes.Terms calldata terms, Review calldata review, bytes calldata signature)
        external
        view
        returns (bytes32 seal)
    {
        _requireAbout(terms, review);
        _requireClosed(review.agreement, review.milestone);
        _requireRatings(review);
        _requireSkills(review.skills, review.reviewer == terms.talent ? 0 : SKILLS_MAX);
        seal = hashReview(review);
        _requireSigned(review.reviewer, seal, signature);
    }

    function _requireAbout(IWorkTypes.Terms calldata terms, Review calldata review) private view {
        if (review.escrow != address(AGREEMENTS)) revert ReviewInvalid("escrow");
        if (review.agreement != AGREEMENTS.hashTerms(terms)) revert ReviewInvalid("agreement");
        if (review.negotiation != _negotiation(terms)) revert ReviewInvalid("negotiation");
        address reviewer = review.reviewer;
        if (reviewer != terms.employer && reviewer != terms.manager && reviewer != terms.talent) {
            revert NotAParty(reviewer);
        }
    }

    /// @dev Closed: the current one is a later one. Or reclaimed: the agreement ended and the milestone stayed the current
    /// one, though funded. Those prepaid behind it went back unworked. What other terms replaced stands as it stood.
    function _requireClosed(bytes32 agreement, uint256 milestone) private view {
        IWorkTypes.State memory state = AGREEMENTS.stateOf(agreement);
        if (milestone < state.milestone) return;
        bool reclaimed = state.phase == IWorkTypes.Phase.Ended && milestone < state.funded;
        if (!reclaimed || milestone != state.milestone) revert MilestoneNotClosed(agreement, milestone);
    }

    function _requireRatings(Review calldata review) private pure {
        _requireRating("overall", review.overall);
        _requireRating("quality", review.quality);
        _requireRating("communication", review.communication);
        _requireRating("punctuality", review.punctuality);
        _requireRating("fairness", review.fairness);
        _requireRating("again", review.again);
    }

    /// @dev Every skill once: of ten, comparing each with each is cheap.
    function _requireSkills(SkillRating[] calldata skills, uint256 countMax) private pure {
        if (skills.length > countMax) revert ReviewInvalid("skills");
        for (uint256 i = 0; i < skills.length; ++i) {
            uint256 length = bytes(skills[i].skill).length;
            if (length == 0 || length > SKILL_BYTES_MAX) revert ReviewInvalid("skills");
            _requireRating("skills", skills[i].rating);
            for (uint256 j = 0; j < i; ++j) {
                if (keccak256(bytes(skills[i].skill)) == keccak256(bytes(skills[j].skill))) {
                    revert ReviewInvalid("skills");
                }
            }
        }
    }

    function _requireRating(bytes32 field, uint256 rating) private pure {
        if (rating == 0 || rating > RATING_MAX) revert ReviewInvalid(field);
    }

    function _hashSkills(SkillRating[] calldata skills) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](skills.length);
        for (uint256 i = 0; i < skills.length; ++i) {
            hashes[i] = keccak256(abi.encode(SKILL_RATING, keccak256(bytes(skills[i].skill)), skills[i].rating));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
