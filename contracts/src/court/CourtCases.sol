// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {ICourtRules} from "../interfaces/ICourtRules.sol";
import {IPanelCourt} from "../interfaces/IPanelCourt.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {ArbiterPools} from "./ArbiterPools.sol";
import {Panel} from "./Panel.sol";

/// @title What the court knows of its cases
/// @dev Where a case stands is read from its stored phase and the time; no window waits for a call. A rule set is read
/// once and kept, so no change of the contract it came from reaches an open case.
abstract contract CourtCases is ArbiterPools {
    uint256 internal constant BPS = 10_000;
    uint16 internal constant NO_RULING = type(uint16).max;
    /// @dev Rounds from this one on are the appeal's.
    uint8 internal constant APPEAL = 2;

    /// @inheritdoc IPanelCourt
    ICourtRules public immutable RULES;
    /// @inheritdoc IPanelCourt
    address public immutable TREASURY;

    mapping(bytes32 caseId => Case) private _cases;
    mapping(bytes32 caseId => address) internal _payers;
    mapping(bytes32 caseId => mapping(uint256 round => Panel)) internal _panels;
    mapping(bytes32 caseId => mapping(uint256 round => mapping(uint256 seat => bytes32))) internal _commitments;
    mapping(uint256 id => ICourtRules.CourtRuleSet) internal _rules;

    constructor(IERC20 btrst, uint256 seat, ICourtRules rules, address treasury) ArbiterPools(btrst, seat) {
        if (address(rules).code.length == 0) revert ConfigurationInvalid("rules");
        if (!Transfers.canReceive(treasury, address(btrst))) revert ConfigurationInvalid("treasury");
        (RULES, TREASURY) = (rules, treasury);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ICourt
    /// @dev The share that the rules name of the sum, at least their least cost, rounded down and capped at 96 bits.
    function cost(uint256 rules, address token, uint256 sum) public view returns (uint256) {
        uint256 costMin = RULES.courtCostMin(rules, token);
        if (costMin == 0) revert TokenNotHeard(rules, token);
        uint256 share = sum * rulesOf(rules).costBps / BPS;
        if (share < costMin) return costMin;
        return share < type(uint96).max ? share : type(uint96).max;
    }

    /// @inheritdoc ICourt
    function ruling(bytes32 caseId) external view returns (bool isFinal, uint256 talentBps) {
        (isFinal, talentBps) = _outcome(caseId, _load(caseId));
        if (!isFinal || talentBps == NO_RULING) return (false, 0);
    }

    /// @inheritdoc ICourt
    function longest(uint256 rules) external view returns (uint256) {
        ICourtRules.CourtRuleSet memory set = rulesOf(rules);
        uint256 round = uint256(set.drawWindow) + set.commitWindow + set.revealWindow;
        return set.responseWindow + 4 * round + set.appealWindow;
    }

    /// @inheritdoc IPanelCourt
    function rulesOf(uint256 rules) public view returns (ICourtRules.CourtRuleSet memory set) {
        set = _rules[rules];
        if (set.costBps == 0) set = RULES.courtRules(rules);
    }

    /// @inheritdoc IPanelCourt
    function caseOf(bytes32 caseId) external view returns (Case memory) {
        return _load(caseId);
    }

    /// @inheritdoc IPanelCourt
    function panelOf(bytes32 caseId, uint256 round)
        external
        view
        returns (address[] memory arbiters, uint256[] memory votes)
    {
        Panel panel = _panels[caseId][round];
        arbiters = _accountsOf(_cases[caseId].arbitrable, panel);
        votes = new uint256[](arbiters.length);
        for (uint256 seat = 0; seat < votes.length; ++seat) {
            votes[seat] = panel.voteAt(seat);
        }
    }

    /// @inheritdoc IPanelCourt
    function commitmentOf(bytes32 caseId, uint256 round, uint256 seat) external view returns (bytes32) {
        return _commitments[caseId][round][seat];
    }

    /// @inheritdoc IPanelCourt
    function payerOf(bytes32 caseId) external view returns (address) {
        return _payers[caseId];
    }

    /// @dev Whether the case is over at this second, and the ruling or NO_RULING.
    function _outcome(bytes32 caseId, Case memory dispute) internal view returns (bool isOver, uint256 talentBps) {
        if (dispute.phase == Phase.None) return (false, NO_RULING);
        if (dispute.phase == Phase.Concluded) return (true, dispute.ruling);
        ICourtRules.CourtRuleSet storage set = _rules[dispute.rules];
        if (dispute.phase == Phase.Response) {
            return (block.timestamp > dispute.since + uint256(set.responseWindow), dispute.employerBps);
        }
        if (dispute.phase == Phase.Drawing) {
            return (block.timestamp > dispute.since + uint256(set.drawWindow), dispute.ruling);
        }
        (, uint256 end) = _votingEnds(dispute);
        (bool ruled, uint256 median) = _panels[caseId][dispute.round].tally();
        if (ruled && dispute.round < APPEAL) end += set.appealWindow;
        if (!ruled && !_isRedraw(dispute)) end += set.drawWindow;
        return (block.timestamp > end, ruled ? median : dispute.ruling);
    }

    function _votingEnds(Case memory dispute) internal view returns (uint256 commitEnds, uint256 revealEnds) {
        ICourtRules.CourtRuleSet storage set = _rules[dispute.rules];
        commitEnds = dispute.since + uint256(set.commitWindow);
        revealEnds = commitEnds + set.revealWindow;
    }

    function _load(bytes32 caseId) internal view returns (Case memory) {
        return _cases[caseId];
    }

    function _store(bytes32 caseId, Case memory dispute) internal {
        _cases[caseId] = dispute;
    }

    /// @dev Puts a round in the pool's row and stores the case.
    function _toDraw(bytes32 caseId, Case memory dispute, uint256 round, uint256 since) internal {
        // forge-lint: disable-next-line(unsafe-typecast) at most 3, and seconds fit in 40 bits
        (dispute.phase, dispute.round, dispute.since) = (Phase.Drawing, uint8(round), uint40(since));
        dispute.ticket = _queue(dispute.arbitrable, caseId, round);
        _store(caseId, dispute);
    }

    function _inResponse(bytes32 caseId) internal view returns (Case memory dispute) {
        dispute = _load(caseId);
        if (dispute.phase != Phase.Response) revert WrongPhase(caseId, dispute.phase);
        _requireWithin(dispute.since + uint256(_rules[dispute.rules].responseWindow));
    }

    function _inVoting(bytes32 caseId) internal view returns (Case memory dispute) {
        dispute = _load(caseId);
        if (dispute.phase != Phase.Voting) revert WrongPhase(caseId, dispute.phase);
    }

    function _accountsOf(address arbitrable, Panel panel) internal view returns (address[] memory accounts) {
        accounts = new address[](panel.size());
        for (uint256 seat = 0; seat < accounts.length; ++seat) {
            accounts[seat] = _accountOf(arbitrable, panel.arbiterAt(seat));
        }
    }

    function _distances(Case memory dispute, uint256 talentBps)
        internal
        pure
        returns (uint256 employerOff, uint256 talentOff)
    {
        return (_distance(talentBps, dispute.employerBps), _distance(talentBps, dispute.talentBps));
    }

    function _distance(uint256 left, uint256 right) internal pure returns (uint256) {
        return left > right ? left - right : right - left;
    }

    function _isRedraw(Case memory dispute) internal pure returns (bool) {
        return dispute.round & 1 == 1;
    }

    function _requireWithin(uint256 second) internal view {
        if (block.timestamp > second) revert TooLate(second);
    }

    function _requireRatio(uint256 bps, uint256 min, uint256 max) internal pure {
        if (bps < min || bps > max) revert RatioOutOfRange(bps, min, max);
    }
}
