// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "./IPolicy.sol";
import {IWorkTypes} from "./IWorkTypes.sol";

/// @title The law of work: an escrow that pays by silence
/// @notice One contract holds every agreement. An agreement is named by the EIP-712 hash of terms that the freelancer
/// signed and the employer funded; a negotiation, which outlives changed terms, is named by
/// keccak256(abi.encode(talent, nonce)).
/// @dev Terms travel in calldata with every call, to the letter. State is one slot per agreement and one bit of the
/// talent's nonces. A milestone is *open* in Funded, Submitted and Disputed.
/// *Within* a window means `block.timestamp <= since + window`; *after* it means `block.timestamp > since + window`.
interface IWorkAgreements is IWorkTypes {
    /// @notice First funding, by the employer's own call: takes amount + fee of the first `count` milestones. Reads Policy
    /// once and passes its errors on (IPolicy.VersionUnknown, VersionExpired, EntryIsStopped, TokenNotListed); nothing reads
    /// it later.
    /// @param terms what both sides consent to; the talent by signature, the employer by this call
    /// @param talentSignature 65 bytes (r, s, v) with low s by the talent's key, or what its contract wallet accepts
    /// @param count number of milestones to fund now, 1 to all
    function fund(Terms calldata terms, bytes calldata talentSignature, uint256 count) external;
    /// @notice Employer, own call, while open or Idle and not ending: funds the next `count` milestones. Does not touch the
    /// current one.
    /// @param count number of milestones to fund now, 1 to all that are left
    function fundMore(Terms calldata terms, uint256 count) external;
    /// @notice Employer, own call, always: pays `amount` straight to the payout, and the fee on it.
    /// @param amount sum for the talent, in base units of the token, not zero
    function tip(Terms calldata terms, uint256 amount) external;
    /// @notice Makes `call`, a call to this contract, as the caller's own, after an ERC-2612 permit of the caller for this
    /// contract. A permit that fails is ignored: somebody else may have used it.
    /// @param value sum permitted
    /// @param deadline last second of the permit
    /// @param call calldata of fund, fundMore, tip or dispute
    function withPermit(
        address token,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata call
    ) external;

    /// @notice Talent, Funded, within the work time and in time to answer a request to cancel: delivers and claims
    /// `claimed` (1..amount).
    /// @param milestone index of the current milestone
    /// @param claimed sum claimed, in base units of the token
    /// @param evidence hash of what was delivered
    function submit(Terms calldata terms, uint256 milestone, uint256 claimed, bytes32 evidence) external;
    /// @notice Employer or manager, Funded, always: the work time runs anew from now.
    function extend(Terms calldata terms, uint256 milestone) external;
    /// @notice Employer, Funded, once per milestone: when the talent neither keeps nor submits the milestone within 7 days,
    /// everything funded can be reclaimed.
    function askToCancel(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent, in time to answer a request to cancel and to deliver: goes on with the milestone.
    function keep(Terms calldata terms, uint256 milestone) external;
    /// @notice Manager, Submitted, within the review window, `revisionsMax` times per milestone: the milestone is Funded
    /// again and to be delivered within the rework time.
    /// @param reasons hash of what is asked for
    function requestChanges(Terms calldata terms, uint256 milestone, bytes32 reasons) external;

    /// @notice Manager, open, always: pays `pay` (1..amount, not below a claim), refunds the rest, closes.
    /// @param pay sum for the talent, in base units of the token
    function release(Terms calldata terms, uint256 milestone, uint256 pay) external;
    /// @notice Manager, open, always: pays the current and the next prepaid milestones in full, in one payment.
    /// @param count number of milestones, 1 to all that are funded
    function releaseMany(Terms calldata terms, uint256 milestone, uint256 count) external;
    /// @notice Anyone, Submitted, after the review window: silence pays the claimed sum.
    function settle(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent, open, always: gives the milestone's sum and fee back to the employer.
    function refund(Terms calldata terms, uint256 milestone) external;
    /// @notice Funded; employer after the work time or after an unanswered request to cancel, anyone after one more review
    /// window: everything funded goes back; Ended.
    function reclaim(Terms calldata terms, uint256 milestone) external;
    /// @notice Employer and talent, open: closes at `talentBps` of the claim, or of the amount where nothing is claimed.
    /// One of them calls, the other signed the same call (see `callBySignature`).
    /// @param talentBps the talent's share in basis points
    /// @param expiry last second of the other's consent
    /// @param signature the other's signature of Agree
    function agree(Terms calldata terms, uint256 milestone, uint256 talentBps, uint256 expiry, bytes calldata signature)
        external;
    /// @notice Manager, Submitted, within the review window, paying the court's cost: opens a case over the claim.
    /// @param employerBps share of the claim that the employer's side would pay the talent, in basis points
    /// @param costMax most that the manager pays, in base units of the token
    function dispute(Terms calldata terms, uint256 milestone, uint256 employerBps, uint256 costMax) external;
    /// @notice Anyone, Disputed: closes at the court's final ruling; or, after the deadline and without one, at the terms'
    /// fallback. A ruling above 10,000 basis points is none.
    function resolve(Terms calldata terms, uint256 milestone) external;

    /// @notice Employer and talent, open or Idle: `next` takes the place of `terms` for ever; nothing else changes. One of
    /// them calls, the other signed the same call (see `callBySignature`). The next terms name the present ones as their
    /// `previous`; nonce, parties (but for the manager), payout, token, fee, origin, court and the funded milestones stay.
    /// @param expiry last second of the other's consent
    /// @param signature the other's signature of Amend
    function amend(Terms calldata terms, Terms calldata next, uint256 expiry, bytes calldata signature) external;
    /// @notice Talent, open or Idle; employer, Idle or Disputed: prepaid later milestones go back; the current one goes on
    /// and is the last; Idle becomes Ended.
    /// @param milestone index of the current milestone
    function end(Terms calldata terms, uint256 milestone) external;
    /// @notice Talent, always: pay goes to `to` after 7 days, unless called off; replaces a request that waits.
    function movePayout(Terms calldata terms, address to) external;
    /// @notice Talent or present payout, within the 7 days: calls the move off.
    function cancelPayoutMove(Terms calldata terms) external;

    /// @notice Talent: makes terms with this nonce unfundable.
    /// @param nonce one of the caller's own nonces, not spent yet
    function burnNonce(uint256 nonce) external;
    /// @notice Sends the caller's whole credit in `token` to `to`; reverts when the token refuses.
    function withdraw(address token, address to) external;
    /// @notice Anyone: sends kept fees to the policy's present fee receiver; reverts when the token refuses.
    function sweepFees(address token) external;

    /// @notice Makes `call`, a call to this contract, as `signer`, who signed it. Anyone relays; nobody can alter it; it
    /// works once, because it is bound to the present state.
    /// @dev EIP-712, domain as for terms. The signed form has the name of the function with a capital letter, and its
    /// fields are, in this order: `bytes32 agreement`, `bytes32 state` (stateWord), the call's arguments after the terms,
    /// `uint256 expiry`:
    ///   Submit(bytes32 agreement,bytes32 state,uint256 milestone,uint256 claimed,bytes32 evidence,uint256 expiry)
    ///   Extend, AskToCancel, Keep, Refund, Reclaim, End(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)
    ///   RequestChanges(bytes32 agreement,bytes32 state,uint256 milestone,bytes32 reasons,uint256 expiry)
    ///   Release(bytes32 agreement,bytes32 state,uint256 milestone,uint256 pay,uint256 expiry)
    ///   ReleaseMany(bytes32 agreement,bytes32 state,uint256 milestone,uint256 count,uint256 expiry)
    ///   Agree(bytes32 agreement,bytes32 state,uint256 milestone,uint256 talentBps,uint256 expiry)
    ///   Dispute(bytes32 agreement,bytes32 state,uint256 milestone,uint256 employerBps,uint256 costMax,uint256 expiry)
    ///   Amend(bytes32 agreement,bytes32 state,Terms next,uint256 expiry)Terms(...)
    ///   MovePayout(bytes32 agreement,bytes32 state,address to,uint256 expiry)
    ///   CancelPayoutMove(bytes32 agreement,bytes32 state,uint256 expiry)
    /// Calls without an agreement are bound to what they spend:
    ///   BurnNonce(uint256 nonce,uint256 expiry)
    ///   Withdraw(address token,address to,uint256 amount,uint256 withdrawals,uint256 expiry), the last two as creditOf
    /// @param expiry last second in which the call may be made
    /// @param call calldata of one of these functions
    /// @param signature 65 bytes (r, s, v) with low s by the signer's key, or what its contract wallet accepts
    function callBySignature(address signer, uint256 expiry, bytes calldata call, bytes calldata signature) external;

    /// @notice The governed parameters that new agreements are made under.
    function POLICY() external view returns (IPolicy);
    /// @notice The EIP-712 digest of the terms in this contract's domain ("Braintrust WorkAgreements", "1"): what the
    /// talent signs and the agreement's name.
    function hashTerms(Terms calldata terms) external view returns (bytes32 agreement);
    /// @notice What `signer` signs for `callBySignature` in the present state.
    function hashCall(address signer, uint256 expiry, bytes calldata call) external view returns (bytes32 digest);
    /// @notice Where the agreement stands; all zero (Phase.None) for one never funded.
    function stateOf(bytes32 agreement) external view returns (State memory);
    /// @notice The agreement's state slot as it stands: what a signature is bound to.
    function stateWord(bytes32 agreement) external view returns (bytes32);
    /// @notice The agreement whose terms took the place of these; zero for none.
    function amendedTo(bytes32 agreement) external view returns (bytes32);
    /// @notice Where the talent's pay goes now.
    function payoutOf(Terms calldata terms) external view returns (address);
    /// @notice The negotiation's id: keccak256(abi.encode(talent, nonce)).
    function negotiationOf(address talent, uint256 nonce) external pure returns (bytes32);
    /// @notice Whether terms with this nonce of the talent can no longer be funded first.
    function isNonceSpent(address talent, uint256 nonce) external view returns (bool);
    /// @notice Base units of `token` that wait for `party` to withdraw, and how often it withdrew before.
    function creditOf(address party, address token) external view returns (uint256 amount, uint256 withdrawals);
    /// @notice Kept fees not yet swept, and the serial of the last kept fee.
    function feesOf(address token) external view returns (uint256 amount, uint256 lastSerial);
    /// @notice Second by which time and anyone's calls, each made as soon as it opens, have emptied the agreement, whatever
    /// the parties and the court do; 0 when nothing is held. A funding, an amendment and `extend` start it anew; nothing
    /// else moves it later but by the seconds in which calls open.
    /// @dev since + for each funded milestone what is left of: its work time, revisionsMax * (review + rework), one review
    /// and the court's case; plus one review window, for the seconds between the moment a call opens and its block.
    function exitBound(Terms calldata terms) external view returns (uint256);
}
