// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "./interfaces/IPolicy.sol";
import {IWorkAgreements} from "./interfaces/IWorkAgreements.sol";
import {AgreementBase} from "./agreements/AgreementBase.sol";
import {Changes} from "./agreements/Changes.sol";
import {Disputes} from "./agreements/Disputes.sol";
import {Funding} from "./agreements/Funding.sol";
import {SelfCalls} from "./agreements/SelfCalls.sol";
import {Working} from "./agreements/Working.sol";
import {StateLib} from "./libraries/StateLib.sol";

/// @title The law of work
/// @dev One contract, written by capability: money enters in Funding, milestones live in Working, close in Closings and
/// Disputes, agreements change in Changes, and SelfCalls lets others carry a signed word here. Money pays and keeps,
/// AgreementBase holds the storage. Here are the views.
contract WorkAgreements is Funding, Working, Disputes, Changes, SelfCalls {
    using StateLib for State;

    /// @param policy what first funding reads, and the sweeping of fees; nothing else does
    constructor(IPolicy policy) AgreementBase(policy) {}

    /// @inheritdoc IWorkAgreements
    function hashTerms(Terms calldata terms) external view returns (bytes32 agreement) {
        return _hash(terms);
    }

    /// @inheritdoc IWorkAgreements
    function stateOf(bytes32 agreement) external view returns (State memory) {
        return _states[agreement];
    }

    /// @inheritdoc IWorkAgreements
    function stateWord(bytes32 agreement) external view returns (bytes32) {
        return _states[agreement].word();
    }

    /// @inheritdoc IWorkAgreements
    function amendedTo(bytes32 agreement) external view returns (bytes32) {
        return _amendments[agreement];
    }

    /// @inheritdoc IWorkAgreements
    function payoutOf(Terms calldata terms) external view returns (address) {
        (, State memory state) = _load(terms);
        return _payoutOf(terms, state.payoutMoves);
    }

    /// @inheritdoc IWorkAgreements
    function isNonceSpent(address talent, uint256 nonce) external view returns (bool) {
        return _spentNonces[talent][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc IWorkAgreements
    function creditOf(address party, address token) external view returns (uint256 amount, uint256 withdrawals) {
        Credit storage credit = _credits[party][token];
        return (credit.amount, credit.withdrawals);
    }

    /// @inheritdoc IWorkAgreements
    function feesOf(address token) external view returns (uint256 amount, uint256 lastSerial) {
        Fees storage kept = _fees[token];
        return (kept.amount, kept.lastSerial);
    }

    /// @inheritdoc IWorkAgreements
    function exitBound(Terms calldata terms) external view returns (uint256) {
        (, State memory state) = _load(terms);
        return state.exitBound(terms);
    }
}
