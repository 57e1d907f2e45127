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
        _states[agreement].begin(count);
        _tellFunded(terms, agreement, count, price);

        _pull(terms.token, address(this), price);
    }

    /// @inheritdoc IWorkAgreements
    function fundMore(Terms calldata terms, uint256 count) external nonReentrant {
        _requireCaller(terms.employer);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireLiving(agreement, state);
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
        (bytes32 agreement, State memory state) = _load(terms);
        _requireStanding(agreement, state);
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
        return TermsLib.negotiation(talent, nonce);
    }

    /// @dev `emit AgreementFunded`, with the terms copied as they stand instead of read and written word by word. No dirty
    /// word of them comes so far: `requireFundable` read every one that has a narrow type.
    function _tellFunded(Terms calldata terms, bytes32 agreement, uint256 count, uint256 paid) private {
        (bytes32 topic, bytes32 negotiation) = (AgreementFunded.selector, terms.negotiation());
        (address employer, address talent) = (terms.employer, terms.talent);
        uint128[] calldata amounts = terms.amounts;
        uint32[] calldata workTimes = terms.workTimes;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, agreement)
            mstore(add(data, 0x20), 0x80) // where the terms stand
            mstore(add(data, 0x40), count)
            mstore(add(data, 0x60), paid)
            let size := shl(5, amounts.length) // of either array
            calldatacopy(add(data, 0x80), terms, 0x2a0)
            mstore(add(data, 0x320), 0x2e0) // where the amounts stand in the terms
            mstore(add(data, 0x340), add(0x300, size)) // where the work times stand
            mstore(add(data, 0x360), amounts.length)
            calldatacopy(add(data, 0x380), amounts.offset, size)
            mstore(add(data, add(0x380, size)), workTimes.length)
            calldatacopy(add(data, add(0x3a0, size)), workTimes.offset, size)
            log4(data, add(0x3a0, shl(1, size)), topic, negotiation, employer, talent)
        }
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
