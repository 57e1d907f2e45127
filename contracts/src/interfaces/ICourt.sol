// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What an escrow needs of a court
/// @notice A court rules how much of a disputed sum the talent is paid. It never holds that sum.
interface ICourt {
    /// @notice What the opening side pays for a dispute over `sum`, in base units of `token`.
    function cost(uint256 rules, address token, uint256 sum) external view returns (uint256);
    /// @notice Opens the case that the caller (the arbitrable contract), `negotiation` and `milestone` name; takes
    /// cost(rules, token, sum) from the caller.
    /// @param rules id of an immutable set of rules
    /// @param sum what the dispute is about, in base units of `token`
    /// @param employerSide who opened it
    /// @param employerRatio share of `sum` that the employer's side would pay the talent, in basis points
    /// @return caseId keccak256(abi.encode(arbitrable, negotiation, milestone)), so nobody needs to store it
    function open(
        bytes32 negotiation,
        uint256 milestone,
        uint256 rules,
        address token,
        uint256 sum,
        address employerSide,
        address talent,
        uint256 employerRatio
    ) external returns (bytes32 caseId);
    /// @notice Whether the case is decided for good, and the talent's share of the sum in basis points.
    function ruling(bytes32 caseId) external view returns (bool isFinal, uint256 talentBps);
    /// @notice Seconds from `open` until a ruling is final at the latest, every round, redraw and appeal included.
    function longest(uint256 rules) external view returns (uint256);
}
