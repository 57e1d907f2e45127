// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev Gas that a call which may fail can use, and gas that must be left so that it gets all of it: a call is handed at
/// most 63/64 of what is left (EIP-150). So its fate never depends on the gas that somebody chose to send.
uint256 constant CALL_GAS = 200_000;
uint256 constant CALL_GAS_LEFT = 215_000;

/// @title How tokens of any manners are moved
library Transfers {
    using SafeERC20 for IERC20;

    /// @dev Moves `amount` and tells by how much the balance of `to` grew.
    function pull(address token, address from, address to, uint256 amount) internal returns (uint256 received) {
        uint256 before = IERC20(token).balanceOf(to);
        IERC20(token).safeTransferFrom(from, to, amount);
        uint256 afterwards = IERC20(token).balanceOf(to);
        return afterwards > before ? afterwards - before : 0;
    }

    /// @dev SafeERC20's rule (true, or nothing from an address with code) under a gas limit; copies one word of the
    /// answer at most, so no token can make the answer dear.
    function tryPush(address token, address to, uint256 amount) internal returns (bool done) {
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            done := call(CALL_GAS, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) }
        }
    }

    /// @dev Whether money sent to `to` can be used again.
    function canReceive(address to, address token) internal view returns (bool) {
        return to != address(0) && to != token && to != address(this);
    }
}
