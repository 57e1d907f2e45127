// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "../interfaces/IPolicy.sol";
import {IWorkTypes} from "../interfaces/IWorkTypes.sol";
import {Transfers} from "./Transfers.sol";

/// @title What terms are: their hash, their bounds and their price
library TermsLib {
    uint256 internal constant BPS = 10_000;
    uint256 private constant MILESTONES_MAX = 32;
    uint256 private constant REVISIONS_MAX = 7;
    uint256 private constant WORK_TIME_MIN = 1 hours;
    uint256 private constant WORK_TIME_MAX = 365 days;
    uint256 private constant CASE_TIME_MAX = 365 days;
    uint32 private constant WINDOW_MIN = 3 days;
    uint32 private constant WINDOW_MAX = 90 days;

    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
        "address payout,address token,uint32 policyVersion,uint16 feeBps,address origin,uint16 originBps,"
        "uint32 reviewWindow,uint32 reworkTime,uint8 revisionsMax,address court,uint256 courtRules,uint32 caseTime,"
        "uint16 fallbackTalentBps,uint64 validUntil,bytes32 documents,uint128[] amounts,uint32[] workTimes)"
    );

    /// @dev EIP-712 hashStruct(terms). The 21 static fields stand in calldata exactly as EIP-712 wants them, and so do the
    /// elements of the arrays: they are copied, not encoded again. Words with dirty upper bits name no agreement, because
    /// funding and amending log the terms, and so read every field through Solidity, which refuses such words.
    function hashStruct(IWorkTypes.Terms calldata terms) internal pure returns (bytes32 structHash) {
        bytes32 typehash = TERMS_TYPEHASH;
        uint128[] calldata amounts = terms.amounts;
        uint32[] calldata workTimes = terms.workTimes;
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, amounts.offset, shl(5, amounts.length))
            let amountsHash := keccak256(words, shl(5, amounts.length))
            calldatacopy(words, workTimes.offset, shl(5, workTimes.length))
            let workTimesHash := keccak256(words, shl(5, workTimes.length))
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), terms, 0x2a0)
            mstore(add(words, 0x2c0), amountsHash)
            mstore(add(words, 0x2e0), workTimesHash)
            structHash := keccak256(words, 0x300)
        }
    }

    function negotiation(IWorkTypes.Terms calldata terms) internal pure returns (bytes32) {
        return negotiation(terms.talent, terms.nonce);
    }

    /// @dev keccak256(abi.encode(talent, nonce)), in scratch space.
    function negotiation(address talent, uint256 nonce) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            mstore(0x00, shr(96, shl(96, talent)))
            mstore(0x20, nonce)
            id := keccak256(0x00, 0x40)
        }
    }

    /// @dev Refuses terms that the law or their policy version does not know.
    function requireFundable(IWorkTypes.Terms calldata terms, IPolicy.FundingRules memory rules) internal view {
        address talent = terms.talent;
        if (talent == address(0) || talent == terms.employer) _invalid("talent");
        if (!Transfers.canReceive(terms.payout, terms.token)) _invalid("payout");
        if (terms.feeBps != rules.feeBps) _invalid("feeBps");
        if (terms.originBps > (terms.origin == address(0) ? 0 : rules.originBpsMax)) _invalid("originBps");
        uint256 caseTime = terms.caseTime;
        if ((terms.court == address(0)) != (caseTime == 0) || caseTime > CASE_TIME_MAX) _invalid("caseTime");
        if (terms.fallbackTalentBps > BPS) _invalid("fallbackTalentBps");
        uint256 validUntil = terms.validUntil;
        if (validUntil < block.timestamp) revert IWorkTypes.TermsExpired(validUntil);
        if (validUntil > block.timestamp + rules.validityMax) _invalid("validUntil");
        _requireSound(terms, rules.reviewWindowMin, rules.reviewWindowMax, rules.reworkTimeMin);
        _requireMilestones(terms, 0, 1, rules.amountMin);
    }

    /// @dev Refuses terms that are no amendment of `present`, the agreement's.
    function requireAmendable(
        IWorkTypes.Terms calldata next,
        IWorkTypes.Terms calldata present,
        bytes32 agreement,
        IWorkTypes.State memory state
    ) internal pure {
        if (next.previous != agreement) _invalid("previous");
        if (next.nonce != present.nonce) _invalid("nonce");
        if (next.employer != present.employer) _invalid("employer");
        if (next.talent != present.talent) _invalid("talent");
        if (next.payout != present.payout) _invalid("payout");
        if (next.token != present.token) _invalid("token");
        if (next.policyVersion != present.policyVersion) _invalid("policyVersion");
        if (next.feeBps != present.feeBps) _invalid("feeBps");
        if (next.origin != present.origin) _invalid("origin");
        if (next.originBps != present.originBps) _invalid("originBps");
        if (next.court != present.court) _invalid("court");
        if (next.courtRules != present.courtRules) _invalid("courtRules");
        if (next.caseTime != present.caseTime) _invalid("caseTime");
        if (next.fallbackTalentBps != present.fallbackTalentBps) _invalid("fallbackTalentBps");
        _requireSound(next, WINDOW_MIN, WINDOW_MAX, WINDOW_MIN);
        // An idle agreement without a milestone to come would never end.
        uint256 funded = state.funded;
        _requireMilestones(next, funded, state.phase == IWorkTypes.Phase.Idle ? funded + 1 : funded, 1);
        for (uint256 i = 0; i < funded; ++i) {
            if (next.amounts[i] != present.amounts[i]) _invalid("amounts");
            if (next.workTimes[i] != present.workTimes[i]) _invalid("workTimes");
        }
    }

    function _requireSound(IWorkTypes.Terms calldata terms, uint256 reviewMin, uint256 reviewMax, uint256 reworkMin)
        private
        pure
    {
        address manager = terms.manager;
        if (manager == address(0) || manager == terms.talent) _invalid("manager");
        uint256 reviewWindow = terms.reviewWindow;
        if (reviewWindow < reviewMin || reviewWindow > reviewMax) _invalid("reviewWindow");
        uint256 reworkTime = terms.reworkTime;
        if (reworkTime < reworkMin || reworkTime > WINDOW_MAX) _invalid("reworkTime");
        if (terms.revisionsMax > REVISIONS_MAX) _invalid("revisionsMax");
    }

    function _requireMilestones(IWorkTypes.Terms calldata terms, uint256 from, uint256 least, uint256 amountMin)
        private
        pure
    {
        uint128[] calldata amounts = terms.amounts;
        uint32[] calldata workTimes = terms.workTimes;
        if (amounts.length < least || amounts.length > MILESTONES_MAX) _invalid("amounts");
        if (workTimes.length != amounts.length) _invalid("workTimes");
        for (uint256 i = from; i < amounts.length; ++i) {
            if (amounts[i] < amountMin) _invalid("amounts");
            uint256 workTime = workTimes[i];
            if (workTime < WORK_TIME_MIN || workTime > WORK_TIME_MAX) _invalid("workTimes");
        }
    }

    /// @dev Sum and fee of `count` milestones from `first`.
    function price(IWorkTypes.Terms calldata terms, uint256 first, uint256 count) internal pure returns (uint256 sum) {
        uint256 feeBps = terms.feeBps;
        uint128[] calldata amounts = terms.amounts;
        uint256 end = first + count;
        for (uint256 i = first; i < end; ++i) {
            uint256 amount = amounts[i];
            unchecked {
                // At most 32 sums below 2^131.
                sum += amount + feeOn(amount, feeBps);
            }
        }
    }

    /// @dev floor(amount * feeBps / 10,000): the missing fraction stays with the employer.
    function feeOn(uint256 amount, uint256 feeBps) internal pure returns (uint256) {
        unchecked {
            // No sum is above 2^131, no share above 2^16.
            return amount * feeBps / BPS;
        }
    }

    function _invalid(bytes32 field) private pure {
        revert IWorkTypes.TermsInvalid(field);
    }
}
