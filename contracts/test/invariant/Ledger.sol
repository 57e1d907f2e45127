// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Vm} from "../utils/Base.sol";

/// @notice What an outsider knows who saw nothing but the logs and the times of their blocks.
contract Ledger {
    struct Sums {
        uint256 paidIn;
        uint256 paid;
        uint256 refunded;
        uint256 fees;
        uint256 shared;
        uint256 feesSwept;
        uint256 lastSerial;
        uint256 sweptSerial;
        uint256 credited;
        uint256 withdrawn;
    }

    address public immutable escrow;
    mapping(address token => Sums) private _sums;
    mapping(bytes32 agreement => IWorkTypes.Terms) private _terms;
    mapping(bytes32 agreement => IWorkTypes.State) private _states;
    mapping(address party => mapping(address token => uint256)) public creditOf;
    mapping(bytes32 negotiation => bytes32 agreement) public agreementOf;
    mapping(bytes32 agreement => bytes32) public amendedTo;
    mapping(bytes32 negotiation => uint256) public moveWaitsUntil;
    mapping(bytes32 negotiation => bool) public burned;
    mapping(bytes32 kind => uint256) public seen;
    bytes32[] private _negotiations;
    bytes32[] private _replaced;

    constructor(address observed) {
        escrow = observed;
    }

    function read(Vm.Log memory log) external {
        bytes32 kind = log.topics[0];
        seen[kind] += 1;
        if (kind == IWorkTypes.AgreementFunded.selector) _onFunded(log);
        else if (kind == IWorkTypes.MilestonesFunded.selector) _onFundedMore(log);
        else if (kind == IWorkTypes.Tipped.selector) _onTipped(log);
        else if (kind == IWorkTypes.MilestoneSubmitted.selector) _onSubmitted(log);
        else if (kind == IWorkTypes.MilestoneExtended.selector) _stateOf(log).since = uint40(block.timestamp);
        else if (kind == IWorkTypes.CancelAsked.selector) _onCancelAsked(log);
        else if (kind == IWorkTypes.MilestoneKept.selector) _stateOf(log).deadline = 0;
        else if (kind == IWorkTypes.ChangesRequested.selector) _onChangesRequested(log);
        else if (kind == IWorkTypes.MilestoneDisputed.selector) _onDisputed(log);
        else if (kind == IWorkTypes.MilestoneClosed.selector) _onClosed(log);
        else if (kind == IWorkTypes.AgreementReclaimed.selector) _onReclaimed(log);
        else if (kind == IWorkTypes.AgreementEnded.selector) _onEnded(log);
        else if (kind == IWorkTypes.AgreementAmended.selector) _onAmended(log);
        else if (kind == IWorkTypes.PayoutMoveAsked.selector) _onPayoutMoveAsked(log);
        else if (kind == IWorkTypes.PayoutMoveCancelled.selector) _onPayoutMoveCancelled(log);
        else if (kind == IWorkTypes.PaymentCredited.selector) _onCredited(log);
        else if (kind == IWorkTypes.FeeShared.selector) _onShared(log);
        else if (kind == IWorkTypes.CreditWithdrawn.selector) _onWithdrawn(log);
        else if (kind == IWorkTypes.FeesSwept.selector) _onSwept(log);
        else if (kind == IWorkTypes.NonceBurned.selector) _onBurned(log);
        else revert("unknown event");
    }

    // ------------------------------------------------------------------------------------------------- money in

    function _onFunded(Vm.Log memory log) private {
        (bytes32 agreement, IWorkTypes.Terms memory terms, uint256 count, uint256 paid) =
            abi.decode(log.data, (bytes32, IWorkTypes.Terms, uint256, uint256));
        require(agreementOf[log.topics[1]] == 0 && !burned[log.topics[1]], "two agreements on one nonce");
        require(log.topics[1] == negotiationOf(terms), "negotiation");
        agreementOf[log.topics[1]] = agreement;
        _negotiations.push(log.topics[1]);
        _terms[agreement] = terms;
        _states[agreement].funded = uint8(count);
        _enter(_states[agreement], IWorkTypes.Phase.Funded);
        _sums[terms.token].paidIn += paid;
    }

    function _onFundedMore(Vm.Log memory log) private {
        (bytes32 agreement, uint256 first, uint256 count, uint256 paid) =
            abi.decode(log.data, (bytes32, uint256, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        require(first == state.funded, "first milestone");
        if (state.phase == IWorkTypes.Phase.Idle) _enter(state, IWorkTypes.Phase.Funded);
        state.funded += uint8(count);
        _sums[_terms[agreement].token].paidIn += paid;
    }

    function _onTipped(Vm.Log memory log) private {
        (bytes32 agreement,, uint256 fee, uint256 serial) = abi.decode(log.data, (bytes32, uint256, uint256, uint256));
        Sums storage sums = _sums[_terms[agreement].token];
        sums.paidIn += fee;
        _keep(_terms[agreement], fee, serial);
    }

    // ------------------------------------------------------------------------------------------------- work

    function _onSubmitted(Vm.Log memory log) private {
        (bytes32 agreement, uint256 milestone, uint256 claimed,) =
            abi.decode(log.data, (bytes32, uint256, uint256, bytes32));
        IWorkTypes.State storage state = _states[agreement];
        require(milestone == state.milestone, "milestone");
        _enter(state, IWorkTypes.Phase.Submitted);
        state.claimed = uint128(claimed);
    }

    function _onCancelAsked(Vm.Log memory log) private {
        (bytes32 agreement,, uint256 answerBy) = abi.decode(log.data, (bytes32, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        (state.flags, state.deadline) = (state.flags | 1, uint40(answerBy));
    }

    function _onChangesRequested(Vm.Log memory log) private {
        (bytes32 agreement,, uint256 revision,) = abi.decode(log.data, (bytes32, uint256, uint256, bytes32));
        IWorkTypes.State storage state = _states[agreement];
        _enter(state, IWorkTypes.Phase.Funded);
        (state.claimed, state.revisions) = (0, state.revisions + 1);
        require(revision == state.revisions, "revision");
    }

    function _onDisputed(Vm.Log memory log) private {
        (bytes32 agreement, uint256 milestone,,, uint256 deadline, bytes32 caseId) =
            abi.decode(log.data, (bytes32, uint256, uint256, uint256, uint256, bytes32));
        IWorkTypes.State storage state = _states[agreement];
        _enter(state, IWorkTypes.Phase.Disputed);
        state.deadline = uint40(deadline);
        require(caseId == keccak256(abi.encode(escrow, log.topics[1], milestone)), "case");
    }

    // ------------------------------------------------------------------------------------------------- closing

    function _onClosed(Vm.Log memory log) private {
        (bytes32 agreement, uint256 milestone,, uint256 pay, uint256 fee, uint256 back, uint256 serial) =
            abi.decode(log.data, (bytes32, uint256, IWorkTypes.Closing, uint256, uint256, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        IWorkTypes.Terms storage terms = _terms[agreement];
        Sums storage sums = _sums[terms.token];
        require(milestone == state.milestone, "milestone");
        require(pay + fee + back == price(agreement, milestone), "split");
        _keep(terms, fee, serial);
        (sums.paid, sums.refunded) = (sums.paid + pay, sums.refunded + back);

        state.milestone += 1;
        (state.claimed, state.revisions) = (0, 0);
        state.flags = (state.flags & 0xfe) + (pay > 0 ? 4 : 0);
        bool over = state.milestone == terms.amounts.length || state.flags & 2 != 0;
        if (state.milestone < state.funded) _enter(state, IWorkTypes.Phase.Funded);
        else _enter(state, over ? IWorkTypes.Phase.Ended : IWorkTypes.Phase.Idle);
    }

    function _onReclaimed(Vm.Log memory log) private {
        (bytes32 agreement, uint256 first, uint256 count, uint256 back) =
            abi.decode(log.data, (bytes32, uint256, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        require(first == state.milestone && first + count == state.funded, "milestones");
        require(back == heldBy(agreement), "everything funded");
        _enter(state, IWorkTypes.Phase.Ended);
        _sums[_terms[agreement].token].refunded += back;
    }

    // ------------------------------------------------------------------------------------------------- changes

    function _onEnded(Vm.Log memory log) private {
        (bytes32 agreement, uint256 first, uint256 count, uint256 back) =
            abi.decode(log.data, (bytes32, uint256, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        uint256 before = heldBy(agreement);
        require(first + count == state.funded, "milestones");
        (state.funded, state.flags) = (uint8(first), state.flags | 2);
        if (state.phase == IWorkTypes.Phase.Idle) _enter(state, IWorkTypes.Phase.Ended);
        require(back == before - heldBy(agreement), "prepaid");
        _sums[_terms[agreement].token].refunded += back;
    }

    function _onAmended(Vm.Log memory log) private {
        (bytes32 agreement, bytes32 amended, IWorkTypes.Terms memory terms) =
            abi.decode(log.data, (bytes32, bytes32, IWorkTypes.Terms));
        require(terms.previous == agreement && agreementOf[log.topics[1]] == agreement, "chain");
        uint256 before = heldBy(agreement);
        (agreementOf[log.topics[1]], amendedTo[agreement]) = (amended, amended);
        _replaced.push(agreement);
        _terms[amended] = terms;
        _states[amended] = _states[agreement];
        _states[agreement].phase = IWorkTypes.Phase.Amended;
        require(heldBy(amended) == before && heldBy(agreement) == 0, "held");
    }

    function _onPayoutMoveAsked(Vm.Log memory log) private {
        (bytes32 agreement,, uint256 waitsUntil) = abi.decode(log.data, (bytes32, address, uint256));
        _states[agreement].payoutMoves += 1;
        moveWaitsUntil[log.topics[1]] = waitsUntil;
    }

    function _onPayoutMoveCancelled(Vm.Log memory log) private {
        _stateOf(log).payoutMoves += 1;
        moveWaitsUntil[log.topics[1]] = 0;
    }

    // ------------------------------------------------------------------------------------------------- credits, fees

    function _onCredited(Vm.Log memory log) private {
        (, uint256 amount) = abi.decode(log.data, (bytes32, uint256));
        address token = address(uint160(uint256(log.topics[3])));
        creditOf[address(uint160(uint256(log.topics[2])))][token] += amount;
        _sums[token].credited += amount;
    }

    /// @dev The origin's share, told before the event of the fee it is part of.
    function _onShared(Vm.Log memory log) private {
        (, uint256 amount) = abi.decode(log.data, (bytes32, uint256));
        address token = address(uint160(uint256(log.topics[3])));
        creditOf[address(uint160(uint256(log.topics[2])))][token] += amount;
        _sums[token].shared += amount;
        _sums[token].credited += amount;
    }

    /// @dev What is kept of a fee is numbered, without its origin's share and without gaps.
    function _keep(IWorkTypes.Terms memory terms, uint256 fee, uint256 serial) private {
        Sums storage sums = _sums[terms.token];
        uint256 share = fee * terms.originBps / 10_000;
        require(serial == (fee == share ? 0 : ++sums.lastSerial), "fee serial");
        sums.fees += fee;
    }

    function _onWithdrawn(Vm.Log memory log) private {
        (, uint256 amount) = abi.decode(log.data, (address, uint256));
        address token = address(uint160(uint256(log.topics[2])));
        creditOf[address(uint160(uint256(log.topics[1])))][token] -= amount;
        _sums[token].withdrawn += amount;
    }

    function _onSwept(Vm.Log memory log) private {
        (uint256 amount, uint256 first, uint256 last) = abi.decode(log.data, (uint256, uint256, uint256));
        Sums storage sums = _sums[address(uint160(uint256(log.topics[1])))];
        require(first == sums.sweptSerial + 1 && last == sums.lastSerial, "swept serials");
        require(amount == sums.fees - sums.shared - sums.feesSwept, "swept amount");
        (sums.feesSwept, sums.sweptSerial) = (sums.feesSwept + amount, last);
    }

    function _onBurned(Vm.Log memory log) private {
        require(agreementOf[log.topics[1]] == 0 && !burned[log.topics[1]], "spent nonce burned");
        burned[log.topics[1]] = true;
    }

    // ------------------------------------------------------------------------------------------------- knowledge

    function _enter(IWorkTypes.State storage state, IWorkTypes.Phase phase) private {
        (state.phase, state.since, state.deadline) = (phase, uint40(block.timestamp), 0);
    }

    function _stateOf(Vm.Log memory log) private view returns (IWorkTypes.State storage) {
        return _states[agreementOf[log.topics[1]]];
    }

    function negotiationOf(IWorkTypes.Terms memory terms) public pure returns (bytes32) {
        return keccak256(abi.encode(terms.talent, terms.nonce));
    }

    function size() external view returns (uint256) {
        return _negotiations.length;
    }

    /// @notice The name that the negotiation's agreement has now.
    function agreementAt(uint256 i) external view returns (bytes32) {
        return agreementOf[_negotiations[i]];
    }

    function replaced() external view returns (bytes32[] memory) {
        return _replaced;
    }

    function termsOf(bytes32 agreement) external view returns (IWorkTypes.Terms memory) {
        return _terms[agreement];
    }

    function stateOf(bytes32 agreement) external view returns (IWorkTypes.State memory) {
        return _states[agreement];
    }

    function sumsOf(address token) external view returns (Sums memory) {
        return _sums[token];
    }

    /// @notice Sum and fee of one milestone.
    function price(bytes32 agreement, uint256 milestone) public view returns (uint256) {
        IWorkTypes.Terms storage terms = _terms[agreement];
        return terms.amounts[milestone] + uint256(terms.amounts[milestone]) * terms.feeBps / 10_000;
    }

    /// @notice What the escrow still holds for an agreement, fees included.
    function heldBy(bytes32 agreement) public view returns (uint256 sum) {
        IWorkTypes.State storage state = _states[agreement];
        if (state.phase < IWorkTypes.Phase.Funded || state.phase > IWorkTypes.Phase.Disputed) return 0;
        for (uint256 i = state.milestone; i < state.funded; ++i) {
            sum += price(agreement, i);
        }
    }
}
