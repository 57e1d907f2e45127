// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {TypedCalls} from "../libraries/TypedCalls.sol";
import {Money} from "./Money.sol";

/// @title How an agreement changes: other terms, an earlier end, another payout
abstract contract Changes is Money {
    using StateLib for State;
    using TermsLib for Terms;

    uint256 private constant PAYOUT_DELAY = 7 days;
    /// @dev One below what the counter holds, so that a last move can still be called off.
    uint256 private constant PAYOUT_MOVES_MAX = type(uint8).max - 1;

    /// @inheritdoc IWorkAgreements
    function amend(Terms calldata terms, Terms calldata next, uint256 expiry, bytes calldata signature)
        external
        nonReentrant
    {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireLiving(agreement, state);
        bytes32 form = TypedCalls.amendment(agreement, _states[agreement].word(), next, expiry);
        _requireBoth(terms, form, expiry, signature);
        next.requireAmendable(terms, agreement, state);

        // No state stands there yet: `next` names `terms` as its previous, and terms are amended once.
        bytes32 amended = _hash(next);
        _amendments[agreement] = amended;
        _states[amended].store(state);
        state.phase = Phase.Amended;
        _states[agreement].store(state);
        emit AgreementAmended(terms.negotiation(), terms.employer, terms.talent, agreement, amended, next);
    }

    /// @inheritdoc IWorkAgreements
    function end(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireLiving(agreement, state);
        _requireCurrent(agreement, state, milestone);
        bool employerMay = state.phase == Phase.Idle || state.phase == Phase.Disputed;
        if (!employerMay || _caller() != terms.employer) _requireCaller(terms.talent);
        if (state.isEnding()) revert AgreementEnding(agreement);

        uint256 first = state.phase == Phase.Idle ? milestone : milestone + 1;
        uint256 count = state.funded - first;
        uint256 back = terms.price(first, count);
        // forge-lint: disable-next-line(unsafe-typecast) first <= 32
        (state.funded, state.flags) = (uint8(first), state.flags | StateLib.ENDING);
        if (state.phase == Phase.Idle) state.enter(Phase.Ended);
        _states[agreement].store(state);
        emit AgreementEnded(terms.negotiation(), terms.employer, terms.talent, agreement, first, count, back);

        _refund(terms, agreement, back);
    }

    /// @inheritdoc IWorkAgreements
    function movePayout(Terms calldata terms, address to) external nonReentrant {
        _requireCaller(terms.talent);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireStanding(agreement, state);
        if (!Transfers.canReceive(to, terms.token)) revert RecipientInvalid(to);
        if (state.payoutMoves >= PAYOUT_MOVES_MAX) revert PayoutMovesSpent(agreement);

        address present = _payoutOf(terms, state.payoutMoves);
        uint256 waitsUntil = block.timestamp + PAYOUT_DELAY;
        // forge-lint: disable-next-line(unsafe-typecast) seconds of the next 34,000 years fit in 40 bits
        _payoutMoves[terms.negotiation()] = PayoutMove(present, uint40(waitsUntil), to);
        state.payoutMoves += 1;
        _states[agreement].store(state);
        emit PayoutMoveAsked(terms.negotiation(), terms.employer, terms.talent, agreement, to, waitsUntil);
    }

    /// @inheritdoc IWorkAgreements
    function cancelPayoutMove(Terms calldata terms) external nonReentrant {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireStanding(agreement, state);
        if (_caller() != terms.talent) _requireCaller(_payoutOf(terms, state.payoutMoves));
        PayoutMove storage move = _payoutMoves[terms.negotiation()];
        if (move.next == address(0) || block.timestamp > move.waitsUntil) revert NoPayoutMove(agreement);

        delete move.next;
        state.payoutMoves += 1;
        _states[agreement].store(state);
        emit PayoutMoveCancelled(terms.negotiation(), terms.employer, terms.talent, agreement);
    }
}
