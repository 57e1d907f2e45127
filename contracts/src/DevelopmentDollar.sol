// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A dollar that is worth nothing
/// @notice For development chains only: six decimals, as the usual stablecoins have, so that work can be priced in one.
contract DevelopmentDollar is ERC20 {
    /// @notice The whole supply, in base units of 10^-6.
    uint256 public constant SUPPLY = 1_000_000_000e6;

    /// @param holder receives the whole supply
    constructor(address holder) ERC20("Development Dollar", "DUSD") {
        _mint(holder, SUPPLY);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
