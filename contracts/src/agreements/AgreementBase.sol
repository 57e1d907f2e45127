// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";

/// @title What every capability of the law stands on: storage, who calls, which agreement, who signed
/// @dev Every entry point takes the one lock, checks, writes, emits, and only then moves tokens.
abstract contract AgreementBase is IWorkAgreements, ReentrancyGuardTransient {
    using StateLib for State;
    using TermsLib for Terms;

    /// @dev Where the talent moved its pay to. `present` is zero until a first move has acted, `next` while none waits.
    struct PayoutMove {
        address present;
        uint40 waitsUntil;
        address next;
    }

    /// @dev The count makes the slot's content, which a signature is bound to, never the same again.
    struct Credit {
        uint192 amount;
        uint64 withdrawals;
    }

    /// @dev Kept fees of one token. 2^40 fees of at most seven times 2^128 cannot overflow the amount.
    struct Fees {
        uint176 amount;
        uint40 lastSerial;
        uint40 sweptSerial;
    }

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IWorkAgreements
    IPolicy public immutable POLICY;

    /// @dev Fixed at birth: should the chain split and change its id, agreements keep their names and their exits.
    uint256 private immutable CHAIN_ID;
    bytes32 private immutable DOMAIN_SEPARATOR;

    mapping(bytes32 agreement => State) internal _states;
    mapping(address talent => mapping(uint256 word => uint256)) internal _spentNonces;
    mapping(address party => mapping(address token => Credit)) internal _credits;
    mapping(address token => Fees) internal _fees;
    mapping(bytes32 agreement => bytes32) internal _amendments;
    mapping(bytes32 negotiation => PayoutMove) internal _payoutMoves;
    /// @dev For whom this contract calls itself at the moment.
    address internal transient _actor;

    constructor(IPolicy policy) {
        if (address(policy).code.length == 0) revert PolicyMissing(address(policy));
        POLICY = policy;
        CHAIN_ID = block.chainid;
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("Braintrust WorkAgreements"), keccak256("1"), block.chainid, address(this)
            )
        );
    }

    // ------------------------------------------------------------------------------------------------- who

    /// @dev Who acts: the caller, or the one on whose word this contract calls itself (see SelfCalls).
    function _caller() internal view returns (address) {
        return msg.sender == address(this) ? _actor : msg.sender;
    }

    function _requireCaller(address party) internal view {
        if (_caller() != party) revert Unauthorized(_caller());
    }

    /// @dev Words signed for the chain of birth bind nobody on a split-off chain.
    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (block.chainid != CHAIN_ID || !Signatures.isSignedBy(signer, digest, signature)) revert NotSigned(signer);
    }

    /// @dev One of the two sides calls, the other signed the same.
    function _requireBoth(Terms calldata terms, bytes32 structHash, uint256 expiry, bytes calldata signature)
        internal
        view
    {
        address caller = _caller();
        if (caller != terms.employer && caller != terms.talent) revert Unauthorized(caller);
        if (block.timestamp > expiry) revert SignatureExpired(expiry);
        _requireSigned(caller == terms.talent ? terms.employer : terms.talent, _digest(structHash), signature);
    }

    // ------------------------------------------------------------------------------------------------- which

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR, structHash);
    }

    function _hash(Terms calldata terms) internal view returns (bytes32 agreement) {
        return _digest(terms.hashStruct());
    }

    /// @dev The agreement and its state, whatever it is. Every state in memory is made here: each return of a struct by a
    /// function clears nine words first.
    function _load(Terms calldata terms) internal view returns (bytes32 agreement, State memory state) {
        agreement = _hash(terms);
        state.unpack(_states[agreement].word());
    }

    // ------------------------------------------------------------------------------------------------- in which state

    /// @dev It was funded once and stands under this name.
    function _requireStanding(bytes32 agreement, State memory state) internal pure {
        if (state.phase == Phase.None || state.phase == Phase.Amended) revert WrongPhase(agreement, state.phase);
    }

    /// @dev It is open or Idle.
    function _requireLiving(bytes32 agreement, State memory state) internal pure {
        if (!state.isOpen() && state.phase != Phase.Idle) revert WrongPhase(agreement, state.phase);
    }

    /// @dev `milestone` is the open one.
    function _requireOpen(bytes32 agreement, State memory state, uint256 milestone) internal pure {
        if (!state.isOpen()) revert WrongPhase(agreement, state.phase);
        _requireCurrent(agreement, state, milestone);
    }

    /// @dev `milestone` is the current one, in `phase`.
    function _requireIn(Phase phase, bytes32 agreement, State memory state, uint256 milestone) internal pure {
        if (state.phase != phase) revert WrongPhase(agreement, state.phase);
        _requireCurrent(agreement, state, milestone);
    }

    function _requireCurrent(bytes32 agreement, State memory state, uint256 milestone) internal pure {
        if (milestone != state.milestone) revert WrongMilestone(agreement, milestone, state.milestone);
    }

    // ------------------------------------------------------------------------------------------------- when, how much

    function _requireAfter(uint256 second) internal view {
        if (block.timestamp <= second) revert TooEarly(second);
    }

    function _requireWithin(uint256 second) internal view {
        if (block.timestamp > second) revert TooLate(second);
    }

    function _requireBetween(uint256 amount, uint256 min, uint256 max) internal pure {
        if (amount < min || amount > max) revert AmountOutOfRange(amount, min, max);
    }

    // ------------------------------------------------------------------------------------------------- nonces

    function _spendNonce(address talent, uint256 nonce) internal {
        uint256 bit = 1 << (nonce & 0xff);
        mapping(uint256 word => uint256) storage words = _spentNonces[talent];
        uint256 spent = words[nonce >> 8];
        if (spent & bit != 0) revert NonceSpent(talent, nonce);
        words[nonce >> 8] = spent | bit;
    }
}
