// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The law of work: an escrow that pays by silence
/// @notice One contract holds every agreement. An agreement is named by the EIP-712 hash of terms that the freelancer
/// signed and the employer funded; a negotiation, which outlives changed terms, is named by
/// keccak256(abi.encode(talent, nonce)).
/// @dev Terms travel in calldata with every call. State is one slot per agreement and one bit in the talent's nonce map.
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
        address token;
        uint16 feeBps; // the employer's fee on top, in basis points
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
    /// @notice A payment could not be pushed and waits for its party.
    event PaymentCredited(
        bytes32 indexed negotiation, address indexed party, address indexed token, bytes32 agreement, uint256 amount
    );
    event CreditWithdrawn(address indexed party, address indexed token, address to, uint256 amount);
    /// @notice Fees with serials firstSerial..lastSerial went to the fee receiver.
    event FeesSwept(address indexed token, uint256 amount, uint256 firstSerial, uint256 lastSerial);
    event NonceBurned(bytes32 indexed negotiation, address indexed talent, uint256 nonce);

    error TermsInvalid(bytes32 field); // the field's name, e.g. "payout"
    error TermsExpired(uint256 validUntil);
    error NotTalentSignature(address talent);
    error NonceSpent(address talent, uint256 nonce);
    error Unauthorized(address caller);
    error WrongPhase(bytes32 agreement, Phase phase);
    error WrongMilestone(bytes32 agreement, uint256 milestone, uint256 current);
    error NothingToFund(bytes32 agreement, uint256 count);
    error AmountOutOfRange(uint256 amount, uint256 min, uint256 max);
    error TooEarly(uint256 opensAfter); // allowed once block.timestamp > opensAfter
    error TooLate(uint256 closedAfter); // was allowed while block.timestamp <= closedAfter
    error TokenMisbehaved(address token, uint256 asked, uint256 received);
    error NothingCredited(address party, address token);
    error NothingToSweep(address token);
    error RecipientInvalid(address to); // zero, the token or the escrow
    error NotEnoughGas(uint256 left, uint256 needed); // before a payment that may fail: send more gas

    /// @notice First funding, by the employer's own call: takes amount + fee of the first `count` milestones.
    function fund(Terms calldata terms, bytes calldata talentSignature, uint256 count) external;
    /// @notice Funds the next `count` milestones; employer only; until Ended.
    function fundMore(Terms calldata terms, uint256 count) external;
    /// @notice Talent, within the work time: delivers and claims `claimed` (1..amount).
    function submit(Terms calldata terms, uint256 milestone, uint256 claimed, bytes32 evidence) external;
    /// @notice Manager, always: pays `pay` (1..amount, not below a submitted claim), refunds the rest, closes.
    function release(Terms calldata terms, uint256 milestone, uint256 pay) external;
    /// @notice Anyone, after the review window: silence pays the claimed sum.
    function settle(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent, always: gives the milestone's sum and fee back to the employer.
    function refund(Terms calldata terms, uint256 milestone) external;
    /// @notice Employer after the work time, anyone after one more review window: everything funded goes back; Ended.
    function reclaim(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent: makes terms with this nonce unfundable.
    function burnNonce(uint256 nonce) external;
    /// @notice Sends the caller's whole credit in `token` to `to`.
    function withdraw(address token, address to) external;
    /// @notice Anyone: sends kept fees to the fee receiver.
    function sweepFees(address token) external;

    function FEE_RECEIVER() external view returns (address);
    function FEE_BPS() external view returns (uint16);
    function hashTerms(Terms calldata terms) external view returns (bytes32 agreement);
    function stateOf(bytes32 agreement) external view returns (State memory);
    function negotiationOf(address talent, uint256 nonce) external pure returns (bytes32);
    function isNonceSpent(address talent, uint256 nonce) external view returns (bool);
    function creditOf(address party, address token) external view returns (uint256);
    /// @notice Kept fees not yet swept, and the serial of the last kept fee.
    function feesOf(address token) external view returns (uint256 amount, uint256 lastSerial);
    /// @notice Second after which time and anyone's calls can have emptied the agreement; 0 when nothing is held.
    function exitBound(Terms calldata terms) external view returns (uint256);
    /// @notice Largest difference, in seconds, between the funding second and `validUntil`.
    function VALIDITY_MAX() external view returns (uint256);
}
