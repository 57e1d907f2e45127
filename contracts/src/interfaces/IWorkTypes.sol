// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What agreements are, what is told of them, and what is refused
/// @dev Every event names the negotiation, both parties and the agreement: state can be replayed from logs and the times
/// of their blocks alone.
interface IWorkTypes {
    /// @notice What both sides consent to.
    struct Terms {
        uint256 nonce; // the talent's own space, one per negotiation
        uint256 sequence; // place of this offer in the chain of offers (evidence)
        bytes32 previous; // terms hash of the offer before (evidence), zero for the first
        address employer; // pays, gets refunds
        address manager; // may release, ask for changes, dispute; equal to employer when nobody else does
        address talent; // signs the terms, delivers
        address payout; // where the talent's pay goes
        address token; // one that the named version lists
        uint32 policyVersion; // the version of Policy these terms were made under
        uint16 feeBps; // the employer's fee on top, in basis points: that version's
        address origin; // who brought the deal, gets a share of the fee; zero for nobody
        uint16 originBps; // that share of the fee, in basis points
        uint32 reviewWindow; // seconds the manager has to answer a delivery, after which silence pays
        uint32 reworkTime; // seconds to deliver again after requested changes
        uint8 revisionsMax; // times that changes can be requested of one milestone, 0 to 7
        address court; // who rules disputes; zero for nobody: then nothing can be disputed
        uint256 courtRules; // the court's rule set
        uint32 caseTime; // seconds after which a disputed milestone closes without a ruling; zero without a court
        uint16 fallbackTalentBps; // the talent's share of the claim where the court did not rule in time
        uint64 validUntil; // last second in which the terms can be funded first
        bytes32 documents; // hash of the agreed text
        uint128[] amounts; // pay of each milestone, base units, 1 to 32 of them
        uint32[] workTimes; // seconds to deliver each milestone
    }

    /// @notice Where an agreement stands. Idle holds nothing and can be funded; Ended is for ever; Amended means that
    /// other terms took its place for ever.
    enum Phase {
        None,
        Idle,
        Funded,
        Submitted,
        Disputed,
        Ended,
        Amended
    }

    /// @notice Why a milestone closed.
    enum Closing {
        Released, // by the manager
        Settled, // by silence, after the review window
        Refunded, // by the talent
        Agreed, // by both
        Ruled, // by the court
        FellBack // by the terms' fallback: the court did not rule in time
    }

    /// @notice The one state slot of an agreement, unpacked. The slot never holds the same word twice, except that
    /// `extend` may write what stands there already.
    /// @param phase where the current milestone stands
    /// @param milestone index of the current milestone (0-based); equals the number of milestones when all are closed
    /// @param funded number of milestones funded so far
    /// @param revisions times that changes were requested of the current milestone
    /// @param flags sum of 1: the employer has asked to cancel the current milestone; 2: no more than the current
    /// milestone will be funded; 4 for each milestone that paid the talent anything
    /// @param payoutMoves number of times that a move of the payout was asked for or called off
    /// @param since second at which the phase began, or the work time was extended
    /// @param deadline Funded: last second to answer a request to cancel, 0 when there is none to answer; Disputed: last
    /// second in which only the court's ruling closes; else 0
    /// @param claimed sum the talent claims for the current milestone, in Submitted and Disputed
    struct State {
        Phase phase;
        uint8 milestone;
        uint8 funded;
        uint8 revisions;
        uint8 flags;
        uint8 payoutMoves;
        uint40 since;
        uint40 deadline;
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
    /// @notice The employer paid the talent beside the agreement; nothing of it was ever held but the fee.
    /// @param amount sum sent to the payout address
    /// @param fee sum kept on top of it, the origin's share included
    /// @param feeSerial number of the kept fee, as in MilestoneClosed
    event Tipped(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 amount,
        uint256 fee,
        uint256 feeSerial
    );
    /// @notice The talent delivered and claims at most the milestone's amount. Answers a request to cancel.
    event MilestoneSubmitted(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        uint256 claimed,
        bytes32 evidence
    );
    /// @notice The work time runs anew from this block on.
    event MilestoneExtended(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone
    );
    /// @notice The employer wants to cancel: without an answer until `answerBy`, everything funded can be reclaimed.
    event CancelAsked(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        uint256 answerBy
    );
    /// @notice The talent keeps the milestone that the employer asked to cancel.
    event MilestoneKept(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone
    );
    /// @notice The manager wants changes: the milestone is to be delivered again within the rework time.
    /// @param revision number of this request for the milestone, from 1
    /// @param reasons hash of what is asked for
    event ChangesRequested(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        uint256 revision,
        bytes32 reasons
    );
    /// @notice The manager disputes the claim.
    /// @param employerBps share of the claim that the employer's side would pay, in basis points
    /// @param cost what the court took from the manager
    /// @param deadline last second in which only the court's ruling closes
    /// @param caseId the case's name at the court: keccak256(abi.encode(this contract, negotiation, milestone))
    event MilestoneDisputed(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 milestone,
        uint256 employerBps,
        uint256 cost,
        uint256 deadline,
        bytes32 caseId
    );
    /// @notice A milestone closed: amount + its fee at funding = pay + fee + refund, to the wei.
    /// @param pay sum sent to the payout address (or credited to the talent)
    /// @param fee sum kept: the origin's share, and the rest in fees[token]
    /// @param refund sum sent to the employer (or credited)
    /// @param feeSerial gapless number of what was added to fees[token], per token, from 1; 0 when nothing was
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
    /// @notice No further milestone will be worked on. Idle became Ended; an open milestone goes on and is the last.
    /// @param firstMilestone the first that was prepaid and went back, when count is not 0
    event AgreementEnded(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        uint256 firstMilestone,
        uint256 count,
        uint256 refund
    );
    /// @notice Both sides replaced the terms: everything stands as it stood, under the new name.
    event AgreementAmended(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        bytes32 amended,
        Terms terms
    );
    /// @notice The talent wants to be paid elsewhere. Replaces an earlier request that did not act yet.
    /// @param to where pay goes after `waitsUntil`, unless called off before
    event PayoutMoveAsked(
        bytes32 indexed negotiation,
        address indexed employer,
        address indexed talent,
        bytes32 agreement,
        address to,
        uint256 waitsUntil
    );
    /// @notice The talent or the present payout called the move off.
    event PayoutMoveCancelled(
        bytes32 indexed negotiation, address indexed employer, address indexed talent, bytes32 agreement
    );
    /// @notice A payment could not be pushed and waits for its party: the employer, or the talent (never the payout).
    event PaymentCredited(
        bytes32 indexed negotiation, address indexed party, address indexed token, bytes32 agreement, uint256 amount
    );
    /// @notice The origin's share of the fee that this transaction kept for the agreement: a credit of the origin.
    event FeeShared(
        bytes32 indexed negotiation, address indexed origin, address indexed token, bytes32 agreement, uint256 amount
    );
    /// @notice A party took its whole credit in one token.
    event CreditWithdrawn(address indexed party, address indexed token, address to, uint256 amount);
    /// @notice Fees with serials firstSerial..lastSerial went to the fee receiver of the moment.
    event FeesSwept(address indexed token, address indexed to, uint256 amount, uint256 firstSerial, uint256 lastSerial);
    /// @notice The talent made every offer of this negotiation unfundable.
    event NonceBurned(bytes32 indexed negotiation, address indexed talent, uint256 nonce);

    /// @notice There is no contract where the policy should be.
    error PolicyMissing(address policy);
    /// @notice The terms break a bound of the law or of their policy version, or amend what cannot be amended; `field` is
    /// its name, e.g. "payout".
    error TermsInvalid(bytes32 field);
    /// @notice The terms could be funded first until `validUntil`.
    error TermsExpired(uint256 validUntil);
    /// @notice Neither the key nor the contract wallet (ERC-1271) of `signer` signed this for this contract, this chain
    /// and the present state.
    error NotSigned(address signer);
    /// @notice The signature was good until `expiry`.
    error SignatureExpired(uint256 expiry);
    /// @notice Nobody can make this call for another by signature.
    error CallNotSignable(bytes4 selector);
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
    /// @notice A sum, a share or a count lies outside its range.
    error AmountOutOfRange(uint256 amount, uint256 min, uint256 max);
    /// @notice Allowed once `block.timestamp > opensAfter`.
    error TooEarly(uint256 opensAfter);
    /// @notice Was allowed while `block.timestamp <= closedAfter`.
    error TooLate(uint256 closedAfter);
    /// @notice The employer asked to cancel this milestone before.
    error CancelSpent(bytes32 agreement, uint256 milestone);
    /// @notice There is no request to cancel that waits for an answer.
    error NothingToKeep(bytes32 agreement, uint256 milestone);
    /// @notice Changes of this milestone were requested as often as the terms allow.
    error RevisionsSpent(bytes32 agreement, uint256 revisionsMax);
    /// @notice The terms name no court.
    error NoCourt(bytes32 agreement);
    /// @notice The court may take longer than the terms give it.
    error CaseTooLong(uint256 longest, uint256 caseTime);
    /// @notice The agreement ends with its current milestone.
    error AgreementEnding(bytes32 agreement);
    /// @notice There is no move of the payout that still waits.
    error NoPayoutMove(bytes32 agreement);
    /// @notice The payout was moved as often as can be counted.
    error PayoutMovesSpent(bytes32 agreement);
    /// @notice A balance did not grow by what was asked (fees on transfer, rebasing), or the court took another sum.
    error TokenMisbehaved(address token, uint256 asked, uint256 received);
    /// @notice The party has no credit in this token.
    error NothingCredited(address party, address token);
    /// @notice No fee was kept in this token since the last sweep.
    error NothingToSweep(address token);
    /// @notice Money sent there is lost: zero, the token or the escrow.
    error RecipientInvalid(address to);
    /// @notice Before a call that may fail, so that nobody can make it fail by sending little gas: send more.
    error NotEnoughGas(uint256 left, uint256 needed);
}
