// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "./IPolicy.sol";

/// @title The law of work: an escrow that pays by silence
/// @notice One contract holds every agreement. An agreement is named by the EIP-712 hash of terms that the freelancer
/// signed and the employer funded; a negotiation, which outlives changed terms, is named by
/// keccak256(abi.encode(talent, nonce)).
/// @dev Terms travel in calldata with every call. State is one slot per agreement and one bit of the talent's nonces.
/// *Within* a window means `block.timestamp <= since + window`; *after* it means `block.timestamp > since + window`.
interface IWorkAgreements {
    /// @notice What both sides consent to.
    struct Terms {
        uint256 nonce; // the talent's own space, one per negotiation
        uint256 sequence; // place of this offer in the chain of offers (evidence)
        bytes32 previous; // terms hash of the offer before (evidence), zero for the first
        address employer; // pays, gets refunds
        address manager; // may release; equal to employer when nobody else does
        address talent; // signs the terms, delivers
        address payout; // where the talent's pay goes
        address token; // one that the named version lists
        uint32 policyVersion; // the version of Policy these terms were made under
        uint16 feeBps; // the employer's fee on top, in basis points: that version's
        uint32 reviewWindow; // seconds the manager has to answer a delivery, after which silence pays
        uint64 validUntil; // last second in which the terms can be funded first
        bytes32 documents; // hash of the agreed text
        uint128[] amounts; // pay of each milestone, base units, 1 to 32 of them
        uint32[] workTimes; // seconds to deliver each milestone
    }

    /// @notice Where an agreement stands. Idle holds nothing and can be funded; Ended is for ever.
    enum Phase {
        None,
        Idle,
        Funded,
        Submitted,
        Ended
    }

    /// @notice Why a milestone closed.
    enum Closing {
        Released, // by the manager
        Settled, // by silence, after the review window
        Refunded // by the talent
    }

    /// @notice The one state slot of an agreement, unpacked.
    /// @param phase where the current milestone stands
    /// @param milestone index of the current milestone (0-based); equals the number of milestones when all are closed
    /// @param funded number of milestones funded so far
    /// @param since second at which the phase began
    /// @param claimed sum the talent claims for the current milestone, in Submitted
    struct State {
        Phase phase;
        uint8 milestone;
        uint8 funded;
        uint64 since;
        uint128 claimed;
    }

    /// @notice First funding: carries the full terms, so that anybody can act and replay from logs alone.
    /// @param count number of milestones funded, from the first on
    /// @param paid sum taken from the employer, fee included
    event AgreementFunded(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        Terms terms,
        uint256 count,
        uint256 paid
    );
    /// @notice Later funding of the next `count` milestones.
    event MilestonesFunded(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 firstMilestone,
        uint256 count,
        uint256 paid
    );
    /// @notice The talent delivered and claims at most the milestone's amount.
    event MilestoneSubmitted(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        uint256 claimed,
        bytes32 evidence
    );
    /// @notice A milestone closed: amount + its fee at funding = pay + fee + refund, to the wei.
    /// @param pay sum sent to the payout address (or credited to the talent)
    /// @param fee sum kept in fees[token]
    /// @param refund sum sent to the employer (or credited)
    /// @param feeSerial gapless number of the kept fee, per token, from 1; 0 when no fee was kept
    event MilestoneClosed(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        Closing how,
        uint256 pay,
        uint256 fee,
        uint256 refund,
        uint256 feeSerial
    );
    /// @notice The talent was silent: every funded milestone went back and the agreement ended.
    event AgreementReclaimed(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 firstMilestone,
        uint256 count,
        uint256 refund
    );
    /// @notice A payment could not be pushed and waits for its party: the employer, or the talent (never the payout).
    event PaymentCredited(
        bytes32 indexed negotiation, address indexed party, address indexed token, bytes32 agreement, uint256 amount
    );
    /// @notice A party took its whole credit in one token.
    event CreditWithdrawn(address indexed party, address indexed token, address to, uint256 amount);
    /// @notice Fees with serials firstSerial..lastSerial went to the fee receiver of the moment.
    event FeesSwept(address indexed token, address indexed to, uint256 amount, uint256 firstSerial, uint256 lastSerial);
    /// @notice The talent made every offer of this negotiation unfundable.
    event NonceBurned(bytes32 indexed negotiation, address indexed talent, uint256 nonce);

    /// @notice There is no contract where the policy should be.
    error PolicyMissing(address policy);
    /// @notice The terms break a bound of the law or of their policy version; `field` is its name, e.g. "payout".
    error TermsInvalid(bytes32 field);
    /// @notice The terms could be funded first until `validUntil`.
    error TermsExpired(uint256 validUntil);
    /// @notice Neither the talent's key nor its contract wallet (ERC-1271) signed these terms for this contract.
    error NotTalentSignature(address talent);
    /// @notice An agreement stands on this nonce, or the talent burned it.
    error NonceSpent(address talent, uint256 nonce);
    /// @notice The call belongs to another party.
    error Unauthorized(address caller);
    /// @notice The call does not exist in the present phase.
    error WrongPhase(bytes32 agreement, Phase phase);
    /// @notice The call names a milestone that is not the current one.
    error WrongMilestone(bytes32 agreement, uint256 milestone, uint256 current);
    /// @notice `count` is zero or more than the milestones not yet funded.
    error NothingToFund(bytes32 agreement, uint256 count);
    /// @notice A sum lies outside its range.
    error AmountOutOfRange(uint256 amount, uint256 min, uint256 max);
    /// @notice Allowed once `block.timestamp > opensAfter`.
    error TooEarly(uint256 opensAfter);
    /// @notice Was allowed while `block.timestamp <= closedAfter`.
    error TooLate(uint256 closedAfter);
    /// @notice The escrow's balance did not grow by what was asked (fees on transfer, rebasing).
    error TokenMisbehaved(address token, uint256 asked, uint256 received);
    /// @notice The party has no credit in this token.
    error NothingCredited(address party, address token);
    /// @notice No fee was kept in this token since the last sweep.
    error NothingToSweep(address token);
    /// @notice Money sent there is lost: zero, the token or the escrow.
    error RecipientInvalid(address to);
    /// @notice Before a payment that may fail, so that nobody can make it fail by sending little gas: send more.
    error NotEnoughGas(uint256 left, uint256 needed);

    /// @notice First funding, by the employer's own call: takes amount + fee of the first `count` milestones. Reads Policy
    /// once and passes its errors on (IPolicy.VersionUnknown, VersionExpired, TokenNotListed); nothing reads it later.
    /// @param terms what both sides consent to; the talent by signature, the employer by this call
    /// @param talentSignature 65 bytes (r, s, v) with low s by the talent's key, or what its contract wallet accepts
    /// @param count number of milestones to fund now, 1 to all
    function fund(Terms calldata terms, bytes calldata talentSignature, uint256 count) external;
    /// @notice Funds the next `count` milestones; employer only; until Ended. Does not touch the current milestone.
    /// @param terms the agreement's terms, to the letter
    /// @param count number of milestones to fund now, 1 to all that are left
    function fundMore(Terms calldata terms, uint256 count) external;
    /// @notice Talent, within the work time: delivers and claims `claimed` (1..amount).
    /// @param terms the agreement's terms, to the letter
    /// @param milestone index of the current milestone
    /// @param claimed sum claimed, in base units of the token
    /// @param evidence hash of what was delivered
    function submit(Terms calldata terms, uint256 milestone, uint256 claimed, bytes32 evidence) external;
    /// @notice Manager, always: pays `pay` (1..amount, not below a submitted claim), refunds the rest, closes.
    /// @param terms the agreement's terms, to the letter
    /// @param milestone index of the current milestone
    /// @param pay sum for the talent, in base units of the token
    function release(Terms calldata terms, uint256 milestone, uint256 pay) external;
    /// @notice Anyone, after the review window: silence pays the claimed sum.
    /// @param terms the agreement's terms, to the letter
    /// @param milestone index of the current milestone
    function settle(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent, always: gives the milestone's sum and fee back to the employer.
    /// @param terms the agreement's terms, to the letter
    /// @param milestone index of the current milestone
    function refund(Terms calldata terms, uint256 milestone) external;
    /// @notice Employer after the work time, anyone after one more review window: everything funded goes back; Ended.
    /// @param terms the agreement's terms, to the letter
    /// @param milestone index of the current milestone
    function reclaim(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent: makes terms with this nonce unfundable.
    /// @param nonce one of the caller's own nonces, not spent yet
    function burnNonce(uint256 nonce) external;
    /// @notice Sends the caller's whole credit in `token` to `to`; reverts when the token refuses.
    /// @param token the token the credit is in
    /// @param to who receives it
    function withdraw(address token, address to) external;
    /// @notice Anyone: sends kept fees to the policy's present fee receiver; reverts when the token refuses.
    /// @param token the token the fees are in
    function sweepFees(address token) external;

    /// @notice The governed parameters that new agreements are made under.
    function POLICY() external view returns (IPolicy);
    /// @notice The EIP-712 digest of the terms in this contract's domain ("Braintrust WorkAgreements", "1"): what the
    /// talent signs and the agreement's name.
    function hashTerms(Terms calldata terms) external view returns (bytes32 agreement);
    /// @notice Where the agreement stands; all zero (Phase.None) for one never funded.
    function stateOf(bytes32 agreement) external view returns (State memory);
    /// @notice The negotiation's id: keccak256(abi.encode(talent, nonce)).
    function negotiationOf(address talent, uint256 nonce) external pure returns (bytes32);
    /// @notice Whether terms with this nonce of the talent can no longer be funded first.
    function isNonceSpent(address talent, uint256 nonce) external view returns (bool);
    /// @notice Base units of `token` that wait for `party` to withdraw.
    function creditOf(address party, address token) external view returns (uint256);
    /// @notice Kept fees not yet swept, and the serial of the last kept fee.
    function feesOf(address token) external view returns (uint256 amount, uint256 lastSerial);
    /// @notice Second by which time and anyone's calls, each made as soon as it opens, have emptied the agreement;
    /// 0 when nothing is held.
    /// @dev since + the time left to deliver each funded milestone + a review window for each, plus one.
    function exitBound(Terms calldata terms) external view returns (uint256);
}
