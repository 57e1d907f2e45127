// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The rule sets of a court
/// @notice Append-only, immutable once added, within bounds that no vote can move. Ids count from 1 without gaps.
interface ICourtRules {
    /// @notice How cases under one rule set are heard. Times are in seconds, ratios in basis points.
    struct CourtRuleSet {
        uint16 costBps; // cost of a case as a share of the disputed sum: 1 to 1,000
        uint16 bandBps; // votes no further from the ruling than this are right: 0 to 2,000
        uint32 responseWindow; // for the talent's ratio and deposit: 5 to 14 days
        uint32 drawWindow; // for drawing a panel, each time: 1 to 3 days
        uint32 commitWindow; // for sealed votes: 2 to 7 days
        uint32 revealWindow; // for opening them: 1 to 5 days
        uint32 appealWindow; // for an appeal against the first ruling: 2 to 7 days
    }

    /// @notice A token that cases under a rule set can be about.
    struct CourtToken {
        address token;
        uint96 costMin; // least cost of a case, in base units, not zero: what a panel works for
    }

    /// @notice A rule set was added, for ever.
    event CourtRulesAdded(uint256 indexed id, CourtRuleSet rules, CourtToken[] tokens);

    /// @notice No such rule set was added.
    error CourtRulesUnknown(uint256 id);
    /// @notice A number lies outside the bounds that no vote can move; `name` is the field's, e.g. "costBps".
    error CourtRulesOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max);
    /// @notice Not a contract, named twice, or without a least cost.
    error CourtTokenInvalid(address token);

    /// @notice Id of the newest rule set; 0 when there is none.
    function courtRulesCount() external view returns (uint256);
    /// @notice A rule set; reverts with CourtRulesUnknown.
    function courtRules(uint256 id) external view returns (CourtRuleSet memory);
    /// @notice Least cost of a case about this token under a rule set; 0 when such cases are not heard.
    function courtCostMin(uint256 id, address token) external view returns (uint256);
}
