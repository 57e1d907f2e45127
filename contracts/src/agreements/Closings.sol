// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {TypedCalls} from "../libraries/TypedCalls.sol";
import {Money} from "./Money.sol";

/// @title How a milestone closes: by a party, by both, or by silence
abstract contract Closings is Money {
    using StateLib for State;
    using TermsLib for Terms;

    /// @inheritdoc IWorkAgreements
    function release(Terms calldata terms, uint256 milestone, uint256 pay) external nonReentrant {
        _requireCaller(terms.manager);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireOpen(agreement, state, milestone);
        // Nothing is claimed in Funded.
        _requireBetween(pay, state.claimed == 0 ? 1 : state.claimed, terms.amounts[milestone]);

        _close(terms, agreement, state, Closing.Released, pay);
    }

    /// @inheritdoc IWorkAgreements
    function releaseMany(Terms calldata terms, uint256 milestone, uint256 count) external nonReentrant {
        _requireCaller(terms.manager);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireOpen(agreement, state, milestone);
        _requireBetween(count, 1, state.funded - milestone);

        uint256 sum;
        for (uint256 i = milestone; i < milestone + count; ++i) {
            uint256 pay = terms.amounts[i];
            _split(terms, agreement, state, Closing.Released, pay);
            sum += pay;
        }
        _states[agreement].store(state);

        _pay(terms, agreement, state.payoutMoves, sum);
    }

    /// @inheritdoc IWorkAgreements
    function settle(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Submitted, agreement, state, milestone);
        _requireAfter(uint256(state.since) + terms.reviewWindow);

        _close(terms, agreement, state, Closing.Settled, state.claimed);
    }

    /// @inheritdoc IWorkAgreements
    function refund(Terms calldata terms, uint256 milestone) external nonReentrant {
        _requireCaller(terms.talent);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireOpen(agreement, state, milestone);

        _close(terms, agreement, state, Closing.Refunded, 0);
    }

    /// @inheritdoc IWorkAgreements
    function reclaim(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Funded, agreement, state, milestone);
        uint256 grace = _caller() == terms.employer ? 0 : terms.reviewWindow;
        _requireAfter(state.deliverBy(terms) + grace);

        uint256 count = state.funded - milestone;
        uint256 back = terms.price(milestone, count);
        state.enter(Phase.Ended);
        _states[agreement].store(state);
        emit AgreementReclaimed(terms.negotiation(), terms.employer, terms.talent, agreement, milestone, count, back);

        _refund(terms, agreement, back);
    }

    /// @inheritdoc IWorkAgreements
    function agree(Terms calldata terms, uint256 milestone, uint256 talentBps, uint256 expiry, bytes calldata signature)
        external
        nonReentrant
    {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireOpen(agreement, state, milestone);
        _requireBetween(talentBps, 0, TermsLib.BPS);
        bytes32 form = TypedCalls.agreement(agreement, _states[agreement].word(), milestone, talentBps, expiry);
        _requireBoth(terms, form, expiry, signature);

        uint256 claimed = state.claimed == 0 ? terms.amounts[milestone] : state.claimed;
        _close(terms, agreement, state, Closing.Agreed, claimed * talentBps / TermsLib.BPS);
    }

    /// @dev Closes the current milestone and pays: talent = pay, employer = all but that and the fee kept.
    function _close(Terms calldata terms, bytes32 agreement, State memory state, Closing how, uint256 pay) internal {
        uint256 back = _split(terms, agreement, state, how, pay);
        _states[agreement].store(state);

        _pay(terms, agreement, state.payoutMoves, pay);
        _refund(terms, agreement, back);
    }

    /// @dev Closes the current milestone in `state` and tells how its money parts; fee kept = floor(fee * pay / amount).
    function _split(Terms calldata terms, bytes32 agreement, State memory state, Closing how, uint256 pay)
        private
        returns (uint256 back)
    {
        uint256 milestone = state.milestone;
        uint256 amount = state.closeMilestone(terms.amounts, pay);
        uint256 feePaid = TermsLib.feeOn(amount, terms.feeBps);
        uint256 fee = feePaid * pay / amount;
        back = amount + feePaid - pay - fee;
        uint256 serial = _keepFee(terms, agreement, fee);
        emit MilestoneClosed(
            terms.negotiation(), terms.employer, terms.talent, agreement, milestone, how, pay, fee, back, serial
        );
    }
}
