// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICourt} from "../../src/interfaces/ICourt.sol";

/// @notice A court that rules when it is told to, and can misbehave in every way that the escrow must survive.
contract TestCourt is ICourt {
    enum Manner {
        Honest,
        Reverts,
        BurnsGas,
        AnswersTwo,
        AnswersShort,
        AnswersLong
    }

    struct Case {
        uint256 rules;
        address token;
        uint256 sum;
        address employerSide;
        address talent;
        uint256 employerRatio;
        bool isFinal;
        uint256 talentBps;
    }

    uint256 public constant COST_BPS = 500;

    Manner public manner;
    bool public refusesCases;
    int256 public takesMore;
    uint256 private _longest;
    address private _target;
    bytes private _attack;
    bytes public outcome;
    bool public succeeded;
    mapping(bytes32 caseId => Case) private _cases;

    constructor(uint256 longestCase) {
        _longest = longestCase;
    }

    function become(Manner next) external {
        manner = next;
    }

    function refuseCases(bool on) external {
        refusesCases = on;
    }

    function takeMore(int256 by) external {
        takesMore = by;
    }

    function setLongest(uint256 longestCase) external {
        _longest = longestCase;
    }

    function arm(address target, bytes calldata attack) external {
        (_target, _attack) = (target, attack);
    }

    function rule(bytes32 caseId, uint256 talentBps) external {
        (_cases[caseId].isFinal, _cases[caseId].talentBps) = (true, talentBps);
    }

    function caseOf(bytes32 caseId) external view returns (Case memory) {
        return _cases[caseId];
    }

    function cost(uint256, address, uint256 sum) public pure returns (uint256) {
        return sum * COST_BPS / 10_000;
    }

    function longest(uint256) external view returns (uint256) {
        return _longest;
    }

    function open(
        bytes32 negotiation,
        uint256 milestone,
        uint256 rules,
        address token,
        uint256 sum,
        address employerSide,
        address talent,
        uint256 employerRatio
    ) external returns (bytes32 caseId) {
        require(!refusesCases, "no case");
        caseId = keccak256(abi.encode(msg.sender, negotiation, milestone));
        _cases[caseId] = Case(rules, token, sum, employerSide, talent, employerRatio, false, 0);
        uint256 taken = uint256(int256(cost(rules, token, sum)) + takesMore);
        if (taken > 0) IERC20(token).transferFrom(msg.sender, address(this), taken);
        if (_target == address(0)) return caseId;
        bool done;
        (done, outcome) = _target.call(_attack);
        if (done) succeeded = true;
    }

    function ruling(bytes32 caseId) external view returns (bool isFinal, uint256 talentBps) {
        if (manner == Manner.Reverts) revert("no ruling");
        if (manner == Manner.BurnsGas) while (true) {}
        uint256 kind = uint256(manner);
        (isFinal, talentBps) = (_cases[caseId].isFinal, _cases[caseId].talentBps);
        assembly ("memory-safe") {
            mstore(0x00, 2)
            mstore(0x20, 10000)
            if eq(kind, 3) { return(0x00, 0x40) }
            mstore(0x00, 1)
            if eq(kind, 4) { return(0x00, 0x3f) }
            if eq(kind, 5) { return(0x00, 100000) }
        }
    }
}
