// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IPanelCourt} from "../interfaces/IPanelCourt.sol";

/// @title How money enters and leaves the court
abstract contract CourtTill is IPanelCourt, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Gas a payment may use, and gas that must be left so that it gets all of it: a call is handed at most 63/64
    /// of what is left (EIP-150). So a payment's fate never depends on the gas that a caller chose to send.
    uint256 private constant PUSH_GAS = 200_000;
    uint256 private constant PUSH_GAS_LEFT = 215_000;

    mapping(address party => mapping(address token => uint256)) private _credits;

    /// @inheritdoc IPanelCourt
    function withdraw(address token, address to) external nonReentrant {
        uint256 amount = _credits[msg.sender][token];
        if (amount == 0) revert NothingCredited(msg.sender, token);
        if (!_canReceive(to, token)) revert RecipientInvalid(to);

        delete _credits[msg.sender][token];
        emit CreditWithdrawn(msg.sender, token, to, amount);

        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IPanelCourt
    function creditOf(address party, address token) external view returns (uint256) {
        return _credits[party][token];
    }

    /// @dev Takes exactly `amount` from the caller, or refuses a token that delivers anything else.
    function _pull(address token, uint256 amount) internal {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != amount) revert TokenMisbehaved(token, amount, received);
    }

    /// @dev Pays `to`, or credits it when the token refuses, so that no payee and no token can block a case.
    function _push(bytes32 caseId, address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        if (gasleft() < PUSH_GAS_LEFT) revert NotEnoughGas(gasleft(), PUSH_GAS_LEFT);
        if (!_tryTransfer(token, to, amount)) _credit(caseId, token, to, amount);
    }

    function _credit(bytes32 caseId, address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        _credits[to][token] += amount;
        emit Credited(to, token, caseId, amount);
    }

    /// @dev Whether money sent to `to` can be used again.
    function _canReceive(address to, address token) internal view returns (bool) {
        return to != address(0) && to != token && to != address(this);
    }

    /// @dev SafeERC20's rule (true, or nothing from an address with code) under a gas limit; copies one word of the
    /// answer at most, so no token can make the answer dear.
    function _tryTransfer(address token, address to, uint256 amount) private returns (bool done) {
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            done := call(PUSH_GAS, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) }
        }
    }
}
