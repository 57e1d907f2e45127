// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourtRules} from "../interfaces/ICourtRules.sol";

/// @title Rule sets that can be added and never changed
/// @dev A base for the contract of the governed parameters, which decides who may add.
abstract contract CourtRules is ICourtRules {
    uint256 private constant TOKENS_MAX = 16;

    /// @inheritdoc ICourtRules
    uint256 public courtRulesCount;
    mapping(uint256 id => CourtRuleSet) private _courtRules;
    mapping(uint256 id => mapping(address token => uint256)) private _courtCostMins;

    /// @dev Adds a rule set with the tokens it hears cases about, 1 to 16 of them.
    function _addCourtRules(CourtRuleSet memory rules, CourtToken[] memory tokens) internal returns (uint256 id) {
        _requireCourtBound("costBps", rules.costBps, 1, 1000);
        _requireCourtBound("bandBps", rules.bandBps, 0, 2000);
        _requireCourtBound("responseWindow", rules.responseWindow, 5 days, 14 days);
        _requireCourtBound("drawWindow", rules.drawWindow, 1 days, 3 days);
        _requireCourtBound("commitWindow", rules.commitWindow, 2 days, 7 days);
        _requireCourtBound("revealWindow", rules.revealWindow, 1 days, 5 days);
        _requireCourtBound("appealWindow", rules.appealWindow, 2 days, 7 days);
        _requireCourtBound("tokens", tokens.length, 1, TOKENS_MAX);

        id = ++courtRulesCount;
        _courtRules[id] = rules;
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i].token;
            if (token.code.length == 0 || tokens[i].costMin == 0 || _courtCostMins[id][token] != 0) {
                revert CourtTokenInvalid(token);
            }
            _courtCostMins[id][token] = tokens[i].costMin;
        }
        emit CourtRulesAdded(id, rules, tokens);
    }

    /// @inheritdoc ICourtRules
    function courtRules(uint256 id) external view returns (CourtRuleSet memory rules) {
        rules = _courtRules[id];
        if (rules.costBps == 0) revert CourtRulesUnknown(id);
    }

    /// @inheritdoc ICourtRules
    function courtCostMin(uint256 id, address token) external view returns (uint256) {
        return _courtCostMins[id][token];
    }

    function _requireCourtBound(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert CourtRulesOutOfBounds(name, value, min, max);
    }
}
