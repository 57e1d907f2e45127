// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";

/// @title What terms are: their hash, their signature, their bounds and their price
library TermsLib {
    uint256 private constant MILESTONES_MAX = 32;
    uint256 private constant WORK_TIME_MIN = 1 hours;
    uint256 private constant WORK_TIME_MAX = 365 days;
    uint256 private constant BPS = 10_000;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
        "address payout,address token,uint32 policyVersion,uint16 feeBps,uint32 reviewWindow,uint64 validUntil,"
        "bytes32 documents,uint128[] amounts,uint32[] workTimes)"
    );

    /// @dev The EIP-712 domain of this contract on this chain.
    function domainSeparator() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("Braintrust WorkAgreements"), keccak256("1"), block.chainid, address(this)
            )
        );
    }

    /// @dev EIP-712 hashStruct(terms). The thirteen static fields stand in calldata exactly as EIP-712 wants them, and so
    /// do the elements of the arrays: they are copied, not encoded again. Words with dirty upper bits name no
    /// agreement, because `requireFundable` reads every narrow field through Solidity, which refuses them.
    function hashStruct(IWorkAgreements.Terms calldata terms) internal pure returns (bytes32 structHash) {
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
            calldatacopy(add(words, 0x20), terms, 0x1a0)
            mstore(add(words, 0x1c0), amountsHash)
            mstore(add(words, 0x1e0), workTimesHash)
            structHash := keccak256(words, 0x200)
        }
    }

    /// @dev ecrecover first (low s only), so that an account with delegated code (EIP-7702) still signs; then ERC-1271.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        return recovered == signer || SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }

    /// @dev Refuses terms that the law or their policy version does not know.
    function requireFundable(IWorkAgreements.Terms calldata terms, IPolicy.FundingRules memory rules) internal view {
        if (terms.talent == address(0) || terms.talent == terms.employer) _invalid("talent");
        if (terms.manager == address(0) || terms.manager == terms.talent) _invalid("manager");
        if (!canReceive(terms.payout, terms.token)) _invalid("payout");
        if (terms.feeBps != rules.feeBps) _invalid("feeBps");
        if (terms.reviewWindow < rules.reviewWindowMin || terms.reviewWindow > rules.reviewWindowMax) {
            _invalid("reviewWindow");
        }
        if (terms.validUntil < block.timestamp) revert IWorkAgreements.TermsExpired(terms.validUntil);
        if (terms.validUntil > block.timestamp + rules.validityMax) _invalid("validUntil");

        uint256 milestones = terms.amounts.length;
        if (milestones == 0 || milestones > MILESTONES_MAX) _invalid("amounts");
        if (terms.workTimes.length != milestones) _invalid("workTimes");
        for (uint256 i = 0; i < milestones; ++i) {
            if (terms.amounts[i] < rules.amountMin) _invalid("amounts");
            uint256 workTime = terms.workTimes[i];
            if (workTime < WORK_TIME_MIN || workTime > WORK_TIME_MAX) _invalid("workTimes");
        }
    }

    /// @dev Whether money sent to `to` can be used again.
    function canReceive(address to, address token) internal view returns (bool) {
        return to != address(0) && to != token && to != address(this);
    }

    /// @dev Sum and fee of `count` milestones from `first`.
    function price(IWorkAgreements.Terms calldata terms, uint256 first, uint256 count)
        internal
        pure
        returns (uint256 sum)
    {
        for (uint256 i = first; i < first + count; ++i) {
            uint256 amount = terms.amounts[i];
            sum += amount + feeOn(amount, terms.feeBps);
        }
    }

    /// @dev floor(amount * feeBps / 10,000): the missing fraction stays with the employer.
    function feeOn(uint256 amount, uint256 feeBps) internal pure returns (uint256) {
        return amount * feeBps / BPS;
    }

    function _invalid(bytes32 field) private pure {
        revert IWorkAgreements.TermsInvalid(field);
    }
}
