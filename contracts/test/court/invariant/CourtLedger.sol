// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPanelCourt} from "../../../src/interfaces/IPanelCourt.sol";
import {Vm} from "../../utils/Base.sol";

/// @notice What an outsider knows of the court who reads nothing but its logs. Refuses a case that gives back more or less
/// than was paid in, and a panel with an arbiter twice or with a side on it.
contract CourtLedger {
    struct Told {
        address token;
        address employerSide;
        address talent;
        uint256 rules;
        uint256 openedAt;
        uint256 deposits;
        uint256 feeLeft; // not yet given to a seat
        bool concluded;
        bool ruled;
        uint256 talentBps;
        address arbitrable;
        address[] seated;
    }

    address public immutable treasury;
    address public immutable btrst;
    bytes32[] public cases;
    mapping(bytes32 caseId => Told) private _told;
    mapping(address token => uint256) public heldOf;
    mapping(address token => uint256) public creditedOf;
    mapping(address party => mapping(address token => uint256)) public creditOf;
    mapping(address arbitrable => mapping(address arbiter => uint256)) public lockedOf;
    mapping(bytes32 topic => uint256) public logsOf;
    uint256 public enlisted;
    uint256 public returned;
    uint256 public forfeited;
    uint256 public rewards; // base units of BTRST that forfeited seats became

    constructor(address btrst_, address treasury_) {
        (btrst, treasury) = (btrst_, treasury_);
    }

    function read(Vm.Log calldata log) external {
        bytes32 topic = log.topics[0];
        ++logsOf[topic];
        bytes32 subject = log.topics[1];
        if (topic == IPanelCourt.CaseOpened.selector) _onOpened(log);
        else if (topic == IPanelCourt.ResponsePaid.selector) _deposit(subject, abi.decode(log.data, (uint256)));
        else if (topic == IPanelCourt.Appealed.selector) _onAppealed(log);
        else if (topic == IPanelCourt.PanelDrawn.selector) _onDrawn(log);
        else if (topic == IPanelCourt.CaseConcluded.selector) _onConcluded(log);
        else if (topic == IPanelCourt.SeatSettled.selector) _onSettled(log);
        else if (topic == IPanelCourt.Credited.selector) _onCredited(log);
        else if (topic == IPanelCourt.CreditWithdrawn.selector) _onWithdrawn(log);
        else if (topic == IPanelCourt.Enlisted.selector) enlisted += abi.decode(log.data, (uint256));
        else if (topic == IPanelCourt.BondReturned.selector) returned += abi.decode(log.data, (uint256));
    }

    function _onOpened(Vm.Log calldata log) private {
        IPanelCourt.Opening memory opening = abi.decode(log.data, (IPanelCourt.Opening));
        bytes32 caseId = log.topics[1];
        require(
            caseId == keccak256(abi.encode(opening.arbitrable, opening.negotiation, opening.milestone)), "case's name"
        );
        Told storage told = _told[caseId];
        require(told.openedAt == 0, "opened twice");
        (told.token, told.rules, told.openedAt) = (opening.token, opening.rules, block.timestamp);
        (told.employerSide, told.talent) = (account(log.topics[2]), account(log.topics[3]));
        told.arbitrable = opening.arbitrable;
        cases.push(caseId);
        _deposit(caseId, opening.cost);
    }

    function _onAppealed(Vm.Log calldata log) private {
        (, uint256 amount) = abi.decode(log.data, (uint256, uint256));
        _deposit(log.topics[1], amount);
    }

    function _deposit(bytes32 caseId, uint256 amount) private {
        _told[caseId].deposits += amount;
        heldOf[_told[caseId].token] += amount;
    }

    function _onDrawn(Vm.Log calldata log) private {
        Told storage told = _told[log.topics[1]];
        (uint256 round, address[] memory arbiters) = abi.decode(log.data, (uint256, address[]));
        require(arbiters.length == (round < 2 ? 3 : 5), "panel's size");
        for (uint256 i = 0; i < arbiters.length; ++i) {
            require(arbiters[i] != told.employerSide && arbiters[i] != told.talent, "a side sits");
            for (uint256 j = 0; j < told.seated.length; ++j) {
                require(arbiters[i] != told.seated[j], "an arbiter sits twice");
            }
            told.seated.push(arbiters[i]);
            ++lockedOf[account(log.topics[2])][arbiters[i]];
        }
    }

    function _onConcluded(Vm.Log calldata log) private {
        Told storage told = _told[log.topics[1]];
        require(!told.concluded, "concluded twice");
        uint256 back;
        (told.ruled, told.talentBps, back, told.feeLeft) = conclusion(log.data);
        require(back + told.feeLeft == told.deposits, "paid out is not paid in");
        require(told.talentBps <= 10_000, "more than the whole");
        told.concluded = true;
        heldOf[told.token] -= told.deposits;
    }

    function conclusion(bytes calldata data) private pure returns (bool ruled, uint256 bps, uint256 back, uint256 fee) {
        uint256[3] memory backs;
        (ruled, bps, backs, fee) = abi.decode(data, (bool, uint256, uint256[3], uint256));
        back = backs[0] + backs[1] + backs[2];
    }

    function _onSettled(Vm.Log calldata log) private {
        (, bool lost, uint256 fee, uint256 reward) = abi.decode(log.data, (uint256, bool, uint256, uint256));
        Told storage told = _told[log.topics[1]];
        told.feeLeft -= fee;
        --lockedOf[told.arbitrable][account(log.topics[2])];
        if (lost) ++forfeited;
        rewards += reward;
    }

    function _onCredited(Vm.Log calldata log) private {
        (address party, address token, uint256 amount) =
            (account(log.topics[1]), account(log.topics[2]), abi.decode(log.data, (uint256)));
        creditOf[party][token] += amount;
        creditedOf[token] += amount;
        if (party == treasury && token == btrst) rewards += amount;
    }

    function _onWithdrawn(Vm.Log calldata log) private {
        (, uint256 amount) = abi.decode(log.data, (address, uint256));
        creditOf[account(log.topics[1])][account(log.topics[2])] -= amount;
        creditedOf[account(log.topics[2])] -= amount;
    }

    function size() external view returns (uint256) {
        return cases.length;
    }

    function toldOf(bytes32 caseId) external view returns (Told memory) {
        return _told[caseId];
    }

    function account(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
