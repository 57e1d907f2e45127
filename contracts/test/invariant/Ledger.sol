// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Vm} from "../utils/Base.sol";

/// @notice What an outsider knows who saw nothing but the logs.
contract Ledger {
    struct Sums {
        uint256 paidIn;
        uint256 paid;
        uint256 refunded;
        uint256 fees;
        uint256 feesSwept;
        uint256 lastSerial;
        uint256 sweptSerial;
        uint256 credited;
        uint256 withdrawn;
    }

    mapping(address token => Sums) private _sums;
    mapping(bytes32 agreement => IWorkTypes.Terms) private _terms;
    mapping(bytes32 agreement => IWorkTypes.State) private _states;
    mapping(address party => mapping(address token => uint256)) public creditOf;
    mapping(bytes32 negotiation => bytes32 agreement) public agreementOf;
    mapping(bytes32 negotiation => bool) public burned;
    bytes32[] private _agreements;

    function read(Vm.Log memory log) external {
        bytes32 kind = log.topics[0];
        if (kind == IWorkTypes.AgreementFunded.selector) _onFunded(log);
        else if (kind == IWorkTypes.MilestonesFunded.selector) _onFundedMore(log);
        else if (kind == IWorkTypes.MilestoneSubmitted.selector) _onSubmitted(log);
        else if (kind == IWorkTypes.MilestoneClosed.selector) _onClosed(log);
        else if (kind == IWorkTypes.AgreementReclaimed.selector) _onReclaimed(log);
        else if (kind == IWorkTypes.PaymentCredited.selector) _onCredited(log);
        else if (kind == IWorkTypes.CreditWithdrawn.selector) _onWithdrawn(log);
        else if (kind == IWorkTypes.FeesSwept.selector) _onSwept(log);
        else if (kind == IWorkTypes.NonceBurned.selector) _onBurned(log);
        else revert("unknown event");
    }

    function _onFunded(Vm.Log memory log) private {
        (bytes32 agreement, IWorkTypes.Terms memory terms, uint256 count, uint256 paid) =
            abi.decode(log.data, (bytes32, IWorkTypes.Terms, uint256, uint256));
        require(agreementOf[log.topics[1]] == 0 && !burned[log.topics[1]], "two agreements on one nonce");
        require(log.topics[1] == keccak256(abi.encode(terms.talent, terms.nonce)), "negotiation");
        agreementOf[log.topics[1]] = agreement;
        _agreements.push(agreement);
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

    function _onSubmitted(Vm.Log memory log) private {
        (bytes32 agreement, uint256 milestone, uint256 claimed,) =
            abi.decode(log.data, (bytes32, uint256, uint256, bytes32));
        IWorkTypes.State storage state = _states[agreement];
        require(milestone == state.milestone, "milestone");
        _enter(state, IWorkTypes.Phase.Submitted);
        state.claimed = uint128(claimed);
    }

    function _onClosed(Vm.Log memory log) private {
        (bytes32 agreement, uint256 milestone,, uint256 pay, uint256 fee, uint256 back, uint256 serial) =
            abi.decode(log.data, (bytes32, uint256, IWorkTypes.Closing, uint256, uint256, uint256, uint256));
        IWorkTypes.State storage state = _states[agreement];
        IWorkTypes.Terms storage terms = _terms[agreement];
        Sums storage sums = _sums[terms.token];
        require(milestone == state.milestone, "milestone");
        require(pay + fee + back == price(agreement, milestone), "split");
        require(serial == (fee == 0 ? 0 : ++sums.lastSerial), "fee serial");
        (sums.paid, sums.fees, sums.refunded) = (sums.paid + pay, sums.fees + fee, sums.refunded + back);

        state.milestone += 1;
        state.claimed = 0;
        bool prepaid = state.milestone < state.funded;
        bool all = state.milestone == terms.amounts.length;
        _enter(state, prepaid ? IWorkTypes.Phase.Funded : all ? IWorkTypes.Phase.Ended : IWorkTypes.Phase.Idle);
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

    function _onCredited(Vm.Log memory log) private {
        (, uint256 amount) = abi.decode(log.data, (bytes32, uint256));
        address token = address(uint160(uint256(log.topics[3])));
        creditOf[address(uint160(uint256(log.topics[2])))][token] += amount;
        _sums[token].credited += amount;
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
        require(amount == sums.fees - sums.feesSwept, "swept amount");
        (sums.feesSwept, sums.sweptSerial) = (sums.fees, last);
    }

    function _onBurned(Vm.Log memory log) private {
        require(agreementOf[log.topics[1]] == 0 && !burned[log.topics[1]], "spent nonce burned");
        burned[log.topics[1]] = true;
    }

    function _enter(IWorkTypes.State storage state, IWorkTypes.Phase phase) private {
        (state.phase, state.since) = (phase, uint40(block.timestamp));
    }

    function size() external view returns (uint256) {
        return _agreements.length;
    }

    function agreementAt(uint256 i) external view returns (bytes32) {
        return _agreements[i];
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
        if (state.phase != IWorkTypes.Phase.Funded && state.phase != IWorkTypes.Phase.Submitted) return 0;
        for (uint256 i = state.milestone; i < state.funded; ++i) {
            sum += price(agreement, i);
        }
    }
}
