// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {AgreementBase} from "./AgreementBase.sol";

/// @title What happens to a milestone while it is open: nothing of it moves money
abstract contract Working is AgreementBase {
    using StateLib for State;
    using TermsLib for Terms;

    uint256 private constant CANCEL_WINDOW = 7 days;

    /// @inheritdoc IWorkAgreements
    function submit(Terms calldata terms, uint256 milestone, uint256 claimed, bytes32 evidence) external nonReentrant {
        _requireCaller(terms.talent);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Funded, agreement, state, milestone);
        _requireWithin(state.deliverBy(terms));
        _requireBetween(claimed, 1, terms.amounts[milestone]);

        state.enter(Phase.Submitted);
        // forge-lint: disable-next-line(unsafe-typecast) claimed <= amount, a uint128
        state.claimed = uint128(claimed);
        _states[agreement].store(state);
        emit MilestoneSubmitted(
            terms.negotiation(), terms.employer, terms.talent, agreement, milestone, claimed, evidence
        );
    }

    /// @inheritdoc IWorkAgreements
    function extend(Terms calldata terms, uint256 milestone) external nonReentrant {
        if (_caller() != terms.manager) _requireCaller(terms.employer);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Funded, agreement, state, milestone);

        state.since = uint40(block.timestamp);
        _states[agreement].store(state);
        emit MilestoneExtended(terms.negotiation(), terms.employer, terms.talent, agreement, milestone);
    }

    /// @inheritdoc IWorkAgreements
    function askToCancel(Terms calldata terms, uint256 milestone) external nonReentrant {
        _requireCaller(terms.employer);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Funded, agreement, state, milestone);
        if (state.flags & StateLib.CANCEL_ASKED != 0) revert CancelSpent(agreement, milestone);

        uint256 answerBy = block.timestamp + CANCEL_WINDOW;
        // forge-lint: disable-next-line(unsafe-typecast) seconds of the next 34,000 years fit in 40 bits
        (state.flags, state.deadline) = (state.flags | StateLib.CANCEL_ASKED, uint40(answerBy));
        _states[agreement].store(state);
        emit CancelAsked(terms.negotiation(), terms.employer, terms.talent, agreement, milestone, answerBy);
    }

    /// @inheritdoc IWorkAgreements
    function keep(Terms calldata terms, uint256 milestone) external nonReentrant {
        _requireCaller(terms.talent);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Funded, agreement, state, milestone);
        if (state.deadline == 0) revert NothingToKeep(agreement, milestone);
        _requireWithin(state.deliverBy(terms));

        state.deadline = 0;
        _states[agreement].store(state);
        emit MilestoneKept(terms.negotiation(), terms.employer, terms.talent, agreement, milestone);
    }

    /// @inheritdoc IWorkAgreements
    function requestChanges(Terms calldata terms, uint256 milestone, bytes32 reasons) external nonReentrant {
        _requireCaller(terms.manager);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Submitted, agreement, state, milestone);
        _requireWithin(uint256(state.since) + terms.reviewWindow);
        if (state.revisions >= terms.revisionsMax) revert RevisionsSpent(agreement, terms.revisionsMax);

        state.enter(Phase.Funded);
        (state.claimed, state.revisions) = (0, state.revisions + 1);
        _states[agreement].store(state);
        emit ChangesRequested(
            terms.negotiation(), terms.employer, terms.talent, agreement, milestone, state.revisions, reasons
        );
    }
}
