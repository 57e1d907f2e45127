// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {CALL_GAS} from "../libraries/Transfers.sol";
import {Closings} from "./Closings.sol";

/// @title How a claim is disputed and resolved
/// @dev A court is asked, never trusted with money that is in dispute: whatever it does, the milestone closes.
abstract contract Disputes is Closings {
    using SafeERC20 for IERC20;
    using StateLib for State;
    using TermsLib for Terms;

    /// @inheritdoc IWorkAgreements
    function dispute(Terms calldata terms, uint256 milestone, uint256 employerBps, uint256 costMax)
        external
        nonReentrant
    {
        _requireCaller(terms.manager);
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Submitted, agreement, state, milestone);
        _requireWithin(uint256(state.since) + terms.reviewWindow);
        _requireBetween(employerBps, 0, TermsLib.BPS);
        uint256 cost = _costOf(terms, agreement, state.claimed);
        _requireBetween(cost, 0, costMax);

        state.enter(Phase.Disputed);
        // forge-lint: disable-next-line(unsafe-typecast) seconds of the next 34,000 years fit in 40 bits
        state.deadline = uint40(block.timestamp + terms.caseTime);
        _states[agreement].store(state);
        _tellDispute(terms, agreement, state, employerBps, cost);

        _openCase(terms, milestone, state.claimed, employerBps, cost);
    }

    /// @inheritdoc IWorkAgreements
    function resolve(Terms calldata terms, uint256 milestone) external nonReentrant {
        (bytes32 agreement, State memory state) = _load(terms);
        _requireIn(Phase.Disputed, agreement, state, milestone);
        (bool ruled, uint256 talentBps) = _rulingOn(terms, milestone);
        if (!ruled) {
            _requireAfter(state.deadline);
            talentBps = terms.fallbackTalentBps;
        }
        uint256 pay = state.claimed * talentBps / TermsLib.BPS;

        _close(terms, agreement, state, ruled ? Closing.Ruled : Closing.FellBack, pay);
    }

    function _tellDispute(
        Terms calldata terms,
        bytes32 agreement,
        State memory state,
        uint256 employerBps,
        uint256 cost
    ) private {
        bytes32 caseId = _caseOf(terms, state.milestone);
        emit MilestoneDisputed(
            terms.negotiation(),
            terms.employer,
            terms.talent,
            agreement,
            state.milestone,
            employerBps,
            cost,
            state.deadline,
            caseId
        );
    }

    function _caseOf(Terms calldata terms, uint256 milestone) private view returns (bytes32) {
        return keccak256(abi.encode(address(this), terms.negotiation(), milestone));
    }

    function _costOf(Terms calldata terms, bytes32 agreement, uint256 claimed) private view returns (uint256) {
        if (terms.court == address(0)) revert NoCourt(agreement);
        ICourt court = ICourt(terms.court);
        uint256 longest = court.longest(terms.courtRules);
        if (longest > terms.caseTime) revert CaseTooLong(longest, terms.caseTime);
        return court.cost(terms.courtRules, terms.token, claimed);
    }

    /// @dev The court may take the cost that the manager brought, to the base unit, and nothing that is held here.
    function _openCase(Terms calldata terms, uint256 milestone, uint256 claimed, uint256 employerBps, uint256 cost)
        private
    {
        IERC20 token = IERC20(terms.token);
        uint256 before = token.balanceOf(address(this));
        _pull(address(token), address(this), cost);
        if (cost > 0) token.forceApprove(terms.court, cost);
        ICourt(terms.court)
            .open(
                terms.negotiation(),
                milestone,
                terms.courtRules,
                address(token),
                claimed,
                terms.manager,
                terms.talent,
                employerBps
            );
        uint256 left = token.balanceOf(address(this));
        if (left != before) revert TokenMisbehaved(address(token), cost, before + cost - left);
    }

    /// @dev The court's final word. A court that reverts, answers nonsense, burns gas or has none yields no ruling.
    function _rulingOn(Terms calldata terms, uint256 milestone) private view returns (bool ruled, uint256 talentBps) {
        bytes memory data = abi.encodeCall(ICourt.ruling, (_caseOf(terms, milestone)));
        address court = terms.court;
        _requireCallGas();
        assembly ("memory-safe") {
            // Scratch space holds the two words of the answer; a longer one is not copied.
            ruled := staticcall(CALL_GAS, court, add(data, 0x20), mload(data), 0x00, 0x40)
            ruled := and(ruled, and(gt(returndatasize(), 0x3f), eq(mload(0x00), 1)))
            talentBps := mload(0x20)
        }
        return (ruled && talentBps <= TermsLib.BPS, talentBps);
    }
}
