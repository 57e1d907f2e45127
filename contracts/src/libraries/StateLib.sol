// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkTypes} from "../interfaces/IWorkTypes.sol";

/// @title The one state slot of an agreement
/// @dev Read and written as one word: field by field the compiler would touch the slot nine times.
library StateLib {
    /// @dev Flags of a state. The upper six bits count the milestones that paid, at most 32.
    uint8 internal constant CANCEL_ASKED = 1;
    uint8 internal constant ENDING = 2;
    uint8 internal constant PAID = 4;

    /// @dev The slot as it stands.
    function word(IWorkTypes.State storage slot) internal view returns (bytes32 present) {
        assembly ("memory-safe") {
            present := sload(slot.slot)
        }
    }

    /// @dev Fills `state` with the fields of a word, as Solidity lays the struct out: the first lowest.
    function unpack(IWorkTypes.State memory state, bytes32 present) internal pure {
        uint256 bits = uint256(present);
        // forge-lint: disable-start(unsafe-typecast) each cast cuts out the field
        state.phase = IWorkTypes.Phase(uint8(bits));
        state.milestone = uint8(bits >> 8);
        state.funded = uint8(bits >> 16);
        state.revisions = uint8(bits >> 24);
        state.flags = uint8(bits >> 32);
        state.payoutMoves = uint8(bits >> 40);
        state.since = uint40(bits >> 48);
        state.deadline = uint40(bits >> 88);
        state.claimed = uint128(bits >> 128);
        // forge-lint: disable-end(unsafe-typecast)
    }

    function pack(IWorkTypes.State memory state) internal pure returns (bytes32) {
        uint256 bits = uint256(uint8(state.phase)) | uint256(state.milestone) << 8 | uint256(state.funded) << 16;
        bits |= uint256(state.revisions) << 24 | uint256(state.flags) << 32 | uint256(state.payoutMoves) << 40;
        bits |= uint256(state.since) << 48 | uint256(state.deadline) << 88 | uint256(state.claimed) << 128;
        return bytes32(bits);
    }

    function store(IWorkTypes.State storage slot, IWorkTypes.State memory state) internal {
        _write(slot, pack(state));
    }

    /// @dev Stores the first state of an agreement: Funded now, its first `count` milestones.
    function begin(IWorkTypes.State storage slot, uint256 count) internal {
        _write(slot, bytes32(uint256(uint8(IWorkTypes.Phase.Funded)) | count << 16 | block.timestamp << 48));
    }

    function _write(IWorkTypes.State storage slot, bytes32 next) private {
        assembly ("memory-safe") {
            sstore(slot.slot, next)
        }
    }

    /// @dev A milestone is being worked on, reviewed or disputed: money is held.
    function isOpen(IWorkTypes.State memory state) internal pure returns (bool) {
        return state.phase >= IWorkTypes.Phase.Funded && state.phase <= IWorkTypes.Phase.Disputed;
    }

    function isEnding(IWorkTypes.State memory state) internal pure returns (bool) {
        return state.flags & ENDING != 0;
    }

    /// @dev Milestones so far that paid the talent anything.
    function paidMilestones(IWorkTypes.State memory state) internal pure returns (uint256) {
        return state.flags / PAID;
    }

    /// @dev Enters `phase` now.
    function enter(IWorkTypes.State memory state, IWorkTypes.Phase phase) internal view {
        (state.phase, state.since, state.deadline) = (phase, uint40(block.timestamp), 0);
    }

    /// @dev What stands once the current milestone, one of `amounts`, is closed and paid the talent `pay` of its `amount`.
    function closeMilestone(IWorkTypes.State memory state, uint128[] calldata amounts, uint256 pay)
        internal
        view
        returns (uint256 amount)
    {
        amount = amounts[state.milestone];
        uint8 next = state.milestone + 1;
        bool over = next == amounts.length || isEnding(state);
        enter(
            state, next < state.funded ? IWorkTypes.Phase.Funded : over ? IWorkTypes.Phase.Ended : IWorkTypes.Phase.Idle
        );
        (state.milestone, state.revisions, state.claimed) = (next, 0, 0);
        unchecked {
            // At most 32 milestones pay.
            state.flags = (state.flags & ~CANCEL_ASKED) + (pay == 0 ? 0 : PAID);
        }
    }

    /// @dev Last second in which the talent can deliver, or keep a milestone that it was asked to give up.
    function deliverBy(IWorkTypes.State memory state, IWorkTypes.Terms calldata terms)
        internal
        pure
        returns (uint256 second)
    {
        second = state.since + (state.revisions == 0 ? terms.workTimes[state.milestone] : uint256(terms.reworkTime));
        if (state.deadline != 0 && state.deadline < second) second = state.deadline;
    }

    /// @dev See IWorkAgreements.exitBound.
    function exitBound(IWorkTypes.State memory state, IWorkTypes.Terms calldata terms)
        internal
        pure
        returns (uint256 bound)
    {
        if (!isOpen(state)) return 0;
        uint256 again = uint256(terms.reviewWindow) + terms.reworkTime;
        uint256 last = uint256(terms.reviewWindow) + terms.caseTime;
        uint256 revisionsLeft = terms.revisionsMax > state.revisions ? terms.revisionsMax - state.revisions : 0;
        if (state.phase == IWorkTypes.Phase.Disputed) bound = state.deadline;
        else bound = state.since + revisionsLeft * again + last;
        if (state.phase == IWorkTypes.Phase.Funded) {
            bound += state.revisions == 0 ? terms.workTimes[state.milestone] : terms.reworkTime;
        }
        for (uint256 i = uint256(state.milestone) + 1; i < state.funded; ++i) {
            bound += terms.workTimes[i] + uint256(terms.revisionsMax) * again + last;
        }
        bound += terms.reviewWindow;
    }
}
