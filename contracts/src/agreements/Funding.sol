// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {Money} from "./Money.sol";

/// @title What the employer pays in, by its own call only
abstract contract Funding is Money {
    using StateLib for State;
    using TermsLib for Terms;

    /// @inheritdoc IWorkAgreements
    function fund(Terms calldata terms, bytes calldata talentSignature, uint256 count) external nonReentrant {
        _requireCaller(terms.employer);
        terms.requireFundable(POLICY.fundingRules(terms.policyVersion, terms.token));
        bytes32 agreement = _hash(terms);
        _requireSigned(terms.talent, agreement, talentSignature);
        _spendNonce(terms.talent, terms.nonce);

        uint256 price = _priceOf(terms, agreement, 0, count);
        State memory state;
        // forge-lint: disable-next-line(unsafe-typecast) count <= 32
        state.funded = uint8(count);
        state.enter(Phase.Funded);
        _states[agreement].store(state);
        emit AgreementFunded(terms.negotiation(), terms.employer, terms.talent, agreement, terms, count, price);

        _pull(terms.token, address(this), price);
    }

    /// @inheritdoc IWorkAgreements
    function fundMore(Terms calldata terms, uint256 count) external nonReentrant {
        _requireCaller(terms.employer);
        (bytes32 agreement, State memory state) = _living(terms);
        if (state.isEnding()) revert AgreementEnding(agreement);

        uint256 first = state.funded;
        uint256 price = _priceOf(terms, agreement, first, count);
        // forge-lint: disable-next-line(unsafe-typecast) first + count <= 32
        state.funded = uint8(first + count);
        if (state.phase == Phase.Idle) state.enter(Phase.Funded);
        _states[agreement].store(state);
        emit MilestonesFunded(terms.negotiation(), terms.employer, terms.talent, agreement, first, count, price);

        _pull(terms.token, address(this), price);
    }

    /// @inheritdoc IWorkAgreements
    function tip(Terms calldata terms, uint256 amount) external nonReentrant {
        _requireCaller(terms.employer);
        (bytes32 agreement, State memory state) = _standing(terms);
        _requireBetween(amount, 1, type(uint128).max);
        uint256 fee = TermsLib.feeOn(amount, terms.feeBps);
        uint256 serial = _keepFee(terms, agreement, fee);
        emit Tipped(terms.negotiation(), terms.employer, terms.talent, agreement, amount, fee, serial);

        _pull(terms.token, _payoutOf(terms, state.payoutMoves), amount);
        _pull(terms.token, address(this), fee);
    }

    /// @inheritdoc IWorkAgreements
    function burnNonce(uint256 nonce) external nonReentrant {
        address talent = _caller();
        _spendNonce(talent, nonce);
        emit NonceBurned(negotiationOf(talent, nonce), talent, nonce);
    }

    /// @inheritdoc IWorkAgreements
    function negotiationOf(address talent, uint256 nonce) public pure returns (bytes32) {
        return keccak256(abi.encode(talent, nonce));
    }

    function _priceOf(Terms calldata terms, bytes32 agreement, uint256 first, uint256 count)
        private
        pure
        returns (uint256)
    {
        if (count == 0 || count > terms.amounts.length - first) revert NothingToFund(agreement, count);
        return terms.price(first, count);
    }
}
