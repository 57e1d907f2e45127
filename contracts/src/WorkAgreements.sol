// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IPolicy} from "./interfaces/IPolicy.sol";
import {IWorkAgreements} from "./interfaces/IWorkAgreements.sol";
import {TermsLib} from "./libraries/TermsLib.sol";

/// @title The law of work
/// @dev Every entry point takes the one lock, checks, writes, emits, and only then moves tokens.
contract WorkAgreements is IWorkAgreements, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TermsLib for Terms;

    /// @dev Kept fees of one token. 2^40 fees of at most seven times 2^128 cannot overflow the amount.
    struct Fees {
        uint176 amount;
        uint40 lastSerial;
        uint40 sweptSerial;
    }

    /// @dev How a closed milestone's money parts.
    struct Split {
        uint256 pay;
        uint256 fee;
        uint256 refund;
        uint256 feeSerial;
    }

    /// @dev Gas a payment may use, and gas that must be left so that it gets all of it: a call is handed at most 63/64
    /// of what is left (EIP-150). So a payment's fate never depends on the gas that a caller chose to send.
    uint256 private constant PUSH_GAS = 200_000;
    uint256 private constant PUSH_GAS_LEFT = 215_000;

    /// @inheritdoc IWorkAgreements
    IPolicy public immutable POLICY;

    /// @dev Fixed at birth: should the chain split and change its id, agreements keep their names and their exits.
    uint256 private immutable CHAIN_ID = block.chainid;
    bytes32 private immutable DOMAIN_SEPARATOR = TermsLib.domainSeparator();

    mapping(bytes32 agreement => State) private _states;
    mapping(address talent => mapping(uint256 word => uint256)) private _spentNonces;
    mapping(address party => mapping(address token => uint256)) private _credits;
    mapping(address token => Fees) private _fees;

    /// @param policy what first funding reads, and the sweeping of fees; nothing else does
    constructor(IPolicy policy) {
        if (address(policy).code.length == 0) revert PolicyMissing(address(policy));
        POLICY = policy;
    }

    // ------------------------------------------------------------------------------------------------ funding

    /// @inheritdoc IWorkAgreements
    function fund(Terms calldata terms, bytes calldata talentSignature, uint256 count) external nonReentrant {
        if (msg.sender != terms.employer) revert Unauthorized(msg.sender);
        terms.requireFundable(POLICY.fundingRules(terms.policyVersion, terms.token));
        bytes32 agreement = hashTerms(terms);
        // Terms signed for the chain of birth bind nobody on a split-off chain.
        if (block.chainid != CHAIN_ID || !TermsLib.isSignedBy(terms.talent, agreement, talentSignature)) {
            revert NotTalentSignature(terms.talent);
        }
        _spendNonce(terms.talent, terms.nonce);

        if (count == 0 || count > terms.amounts.length) revert NothingToFund(agreement, count);
        uint256 price = terms.price(0, count);
        // forge-lint: disable-next-line(unsafe-typecast) count <= 32
        _states[agreement] = State(Phase.Funded, 0, uint8(count), uint64(block.timestamp), 0);
        emit AgreementFunded(
            negotiationOf(terms.talent, terms.nonce), msg.sender, terms.talent, agreement, terms, count, price
        );

        _pull(terms.token, price);
    }

    /// @inheritdoc IWorkAgreements
    function fundMore(Terms calldata terms, uint256 count) external nonReentrant {
        if (msg.sender != terms.employer) revert Unauthorized(msg.sender);
        bytes32 agreement = hashTerms(terms);
        State memory state = _states[agreement];
        if (state.phase == Phase.None || state.phase == Phase.Ended) revert WrongPhase(agreement, state.phase);

        uint256 first = state.funded;
        if (count == 0 || count > terms.amounts.length - first) revert NothingToFund(agreement, count);
        uint256 price = terms.price(first, count);
        // forge-lint: disable-next-line(unsafe-typecast) first + count <= 32
        state.funded = uint8(first + count);
        if (state.phase == Phase.Idle) (state.phase, state.since) = (Phase.Funded, uint64(block.timestamp));
        _states[agreement] = state;
        emit MilestonesFunded(
            negotiationOf(terms.talent, terms.nonce), msg.sender, terms.talent, agreement, first, count, price
        );

        _pull(terms.token, price);
    }

    // ------------------------------------------------------------------------------------------------ working

    /// @inheritdoc IWorkAgreements
    function submit(Terms calldata terms, uint256 milestone, uint256 claimed, bytes32 evidence) external nonReentrant {
        if (msg.sender != terms.talent) revert Unauthorized(msg.sender);
        (bytes32 agreement, State memory state) = _current(terms, milestone);
        if (state.phase != Phase.Funded) revert WrongPhase(agreement, state.phase);
        uint256 closesAfter = state.since + uint256(terms.workTimes[milestone]);
        if (block.timestamp > closesAfter) revert TooLate(closesAfter);
        _requireBetween(claimed, 1, terms.amounts[milestone]);

        // forge-lint: disable-next-line(unsafe-typecast) claimed <= amount, a uint128
        (state.phase, state.since, state.claimed) = (Phase.Submitted, uint64(block.timestamp), uint128(claimed));
        _states[agreement] = state;
        emit MilestoneSubmitted(
            negotiationOf(terms.talent, terms.nonce),
            terms.employer,
            msg.sender,
            agreement,
            milestone,
            claimed,
            evidence
        );
    }

    // ------------------------------------------------------------------------------------------------ closing

    /// @inheritdoc IWorkAgreements
    function release(Terms calldata terms, uint256 milestone, uint256 pay) external nonReentrant {
        if (msg.sender != terms.manager) revert Unauthorized(msg.sender);
        (bytes32 agreement, State memory state) = _current(terms, milestone);
        uint256 least = state.phase == Phase.Submitted ? state.claimed : 1;
        _requireBetween(pay, least, terms.amounts[milestone]);

        _close(terms, agreement, state, Closing.Released, pay);
    }

    /// @inheritdoc IWorkAgreements
    function settle(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _current(terms, milestone);
        if (state.phase != Phase.Submitted) revert WrongPhase(agreement, state.phase);
        _requireAfter(state.since + uint256(terms.reviewWindow));

        _close(terms, agreement, state, Closing.Settled, state.claimed);
    }

    /// @inheritdoc IWorkAgreements
    function refund(Terms calldata terms, uint256 milestone) external nonReentrant {
        if (msg.sender != terms.talent) revert Unauthorized(msg.sender);
        (bytes32 agreement, State memory state) = _current(terms, milestone);

        _close(terms, agreement, state, Closing.Refunded, 0);
    }

    /// @inheritdoc IWorkAgreements
    function reclaim(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _current(terms, milestone);
        if (state.phase != Phase.Funded) revert WrongPhase(agreement, state.phase);
        uint256 grace = msg.sender == terms.employer ? 0 : terms.reviewWindow;
        _requireAfter(state.since + uint256(terms.workTimes[milestone]) + grace);

        uint256 count = state.funded - milestone;
        uint256 back = terms.price(milestone, count);
        (state.phase, state.since) = (Phase.Ended, uint64(block.timestamp));
        _states[agreement] = state;
        emit AgreementReclaimed(
            negotiationOf(terms.talent, terms.nonce), terms.employer, terms.talent, agreement, milestone, count, back
        );

        _push(terms, agreement, terms.employer, terms.employer, back);
    }

    // --------------------------------------------------------------------------------- nonces, credits and fees

    /// @inheritdoc IWorkAgreements
    function burnNonce(uint256 nonce) external nonReentrant {
        _spendNonce(msg.sender, nonce);
        emit NonceBurned(negotiationOf(msg.sender, nonce), msg.sender, nonce);
    }

    /// @inheritdoc IWorkAgreements
    function withdraw(address token, address to) external nonReentrant {
        uint256 amount = _credits[msg.sender][token];
        if (amount == 0) revert NothingCredited(msg.sender, token);
        if (!TermsLib.canReceive(to, token)) revert RecipientInvalid(to);

        delete _credits[msg.sender][token];
        emit CreditWithdrawn(msg.sender, token, to, amount);

        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IWorkAgreements
    function sweepFees(address token) external nonReentrant {
        Fees memory kept = _fees[token];
        if (kept.amount == 0) revert NothingToSweep(token);

        address to = POLICY.feeReceiver();
        if (!TermsLib.canReceive(to, token)) revert RecipientInvalid(to);

        _fees[token] = Fees(0, kept.lastSerial, kept.lastSerial);
        emit FeesSwept(token, to, kept.amount, uint256(kept.sweptSerial) + 1, kept.lastSerial);

        IERC20(token).safeTransfer(to, kept.amount);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IWorkAgreements
    function hashTerms(Terms calldata terms) public view returns (bytes32 agreement) {
        return MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR, terms.hashStruct());
    }

    /// @inheritdoc IWorkAgreements
    function stateOf(bytes32 agreement) external view returns (State memory) {
        return _states[agreement];
    }

    /// @inheritdoc IWorkAgreements
    function negotiationOf(address talent, uint256 nonce) public pure returns (bytes32) {
        return keccak256(abi.encode(talent, nonce));
    }

    /// @inheritdoc IWorkAgreements
    function isNonceSpent(address talent, uint256 nonce) external view returns (bool) {
        return _spentNonces[talent][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc IWorkAgreements
    function creditOf(address party, address token) external view returns (uint256) {
        return _credits[party][token];
    }

    /// @inheritdoc IWorkAgreements
    function feesOf(address token) external view returns (uint256 amount, uint256 lastSerial) {
        Fees storage kept = _fees[token];
        return (kept.amount, kept.lastSerial);
    }

    /// @inheritdoc IWorkAgreements
    function exitBound(Terms calldata terms) external view returns (uint256 bound) {
        State memory state = _states[hashTerms(terms)];
        if (state.phase != Phase.Funded && state.phase != Phase.Submitted) return 0;

        // Each funded milestone can take its work time and a review; one review window more pays for the time between
        // a second that opens a call and the block that carries it.
        bound = state.since + uint256(terms.reviewWindow) * (uint256(state.funded) - state.milestone + 1);
        uint256 first = state.phase == Phase.Submitted ? state.milestone + 1 : state.milestone;
        for (uint256 i = first; i < state.funded; ++i) {
            bound += terms.workTimes[i];
        }
    }

    // ------------------------------------------------------------------------------------------------- checks

    /// @dev The agreement and its state, provided that `milestone` is the open one.
    function _current(Terms calldata terms, uint256 milestone)
        private
        view
        returns (bytes32 agreement, State memory state)
    {
        agreement = hashTerms(terms);
        state = _states[agreement];
        if (state.phase != Phase.Funded && state.phase != Phase.Submitted) revert WrongPhase(agreement, state.phase);
        if (milestone != state.milestone) revert WrongMilestone(agreement, milestone, state.milestone);
    }

    function _requireAfter(uint256 second) private view {
        if (block.timestamp <= second) revert TooEarly(second);
    }

    function _requireBetween(uint256 amount, uint256 min, uint256 max) private pure {
        if (amount < min || amount > max) revert AmountOutOfRange(amount, min, max);
    }

    // ------------------------------------------------------------------------------------------------- effects

    function _spendNonce(address talent, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 spent = _spentNonces[talent][nonce >> 8];
        if (spent & bit != 0) revert NonceSpent(talent, nonce);
        _spentNonces[talent][nonce >> 8] = spent | bit;
    }

    /// @dev talent = pay; fee kept = floor(fee * pay / amount); the employer gets all the rest.
    function _close(Terms calldata terms, bytes32 agreement, State memory state, Closing how, uint256 pay) private {
        uint256 milestone = state.milestone;
        uint256 amount = terms.amounts[milestone];
        uint256 feePaid = TermsLib.feeOn(amount, terms.feeBps);
        uint256 fee = feePaid * pay / amount;
        Split memory split = Split(pay, fee, amount + feePaid - pay - fee, _keepFee(terms.token, fee));

        _states[agreement] = _next(state, terms.amounts.length);
        emit MilestoneClosed(
            negotiationOf(terms.talent, terms.nonce),
            terms.employer,
            terms.talent,
            agreement,
            milestone,
            how,
            split.pay,
            split.fee,
            split.refund,
            split.feeSerial
        );

        _push(terms, agreement, terms.talent, terms.payout, split.pay);
        _push(terms, agreement, terms.employer, terms.employer, split.refund);
    }

    function _next(State memory state, uint256 milestones) private view returns (State memory) {
        uint8 milestone = state.milestone + 1;
        Phase phase = milestone < state.funded ? Phase.Funded : milestone < milestones ? Phase.Idle : Phase.Ended;
        return State(phase, milestone, state.funded, uint64(block.timestamp), 0);
    }

    function _keepFee(address token, uint256 fee) private returns (uint256 serial) {
        if (fee == 0) return 0;
        Fees storage kept = _fees[token];
        serial = kept.lastSerial + 1;
        // forge-lint: disable-next-line(unsafe-typecast) fee < 2^128; lastSerial + 1 is checked in 40 bits
        (kept.amount, kept.lastSerial) = (kept.amount + uint176(fee), uint40(serial));
    }

    // ------------------------------------------------------------------------------------------------- money

    /// @dev Takes exactly `amount` from the caller, or refuses a token that delivers anything else.
    function _pull(address token, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != amount) revert TokenMisbehaved(token, amount, received);
    }

    /// @dev Pays `to`, or credits `party` when the token refuses, so that no payee and no token can block a closing.
    function _push(Terms calldata terms, bytes32 agreement, address party, address to, uint256 amount) private {
        if (amount == 0) return;
        if (gasleft() < PUSH_GAS_LEFT) revert NotEnoughGas(gasleft(), PUSH_GAS_LEFT);
        if (_tryTransfer(terms.token, to, amount)) return;

        _credits[party][terms.token] += amount;
        emit PaymentCredited(negotiationOf(terms.talent, terms.nonce), party, terms.token, agreement, amount);
    }

    /// @dev SafeERC20's rule (true, or nothing from an address with code) under a gas limit; copies one word of the
    /// answer at most, so no token can make the answer dear.
    function _tryTransfer(address token, address to, uint256 amount) private returns (bool done) {
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            done := call(PUSH_GAS, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) }
        }
    }
}
