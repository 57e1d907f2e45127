// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title BTRST
/// @notice 250,000,000 tokens, minted once. Nobody owns this contract and nothing can mint, pause or take.
contract BraintrustToken is ERC20, ERC20Permit {
    /// @notice The whole supply, for ever, in base units of 10^-18 BTRST.
    uint256 public constant SUPPLY = 250_000_000e18;

    /// @param holder receives the whole supply
    constructor(address holder) ERC20("Braintrust", "BTRST") ERC20Permit("Braintrust") {
        _mint(holder, SUPPLY);
    }
}
