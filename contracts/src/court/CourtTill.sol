// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IPanelCourt} from "../interfaces/IPanelCourt.sol";
import {CALL_GAS_LEFT, Transfers} from "../libraries/Transfers.sol";

/// @title How money enters and leaves the court
abstract contract CourtTill is IPanelCourt, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    mapping(address party => mapping(address token => uint256)) private _credits;

    /// @inheritdoc IPanelCourt
    function withdraw(address token, address to) external nonReentrant {
        uint256 amount = _credits[msg.sender][token];
        if (amount == 0) revert NothingCredited(msg.sender, token);
        if (!Transfers.canReceive(to, token)) revert RecipientInvalid(to);

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
        uint256 received = Transfers.pull(token, msg.sender, address(this), amount);
        if (received != amount) revert TokenMisbehaved(token, amount, received);
    }

    /// @dev Pays `to`, or credits it when the token refuses, so that no payee and no token can block a case.
    function _push(bytes32 caseId, address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        if (gasleft() < CALL_GAS_LEFT) revert NotEnoughGas(gasleft(), CALL_GAS_LEFT);
        if (!Transfers.tryPush(token, to, amount)) _credit(caseId, token, to, amount);
    }

    function _credit(bytes32 caseId, address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        _credits[to][token] += amount;
        emit Credited(to, token, caseId, amount);
    }
}
