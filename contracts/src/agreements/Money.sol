// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {TermsLib} from "../libraries/TermsLib.sol";
import {CALL_GAS_LEFT, Transfers} from "../libraries/Transfers.sol";
import {AgreementBase} from "./AgreementBase.sol";

/// @title How money enters, leaves, and waits
abstract contract Money is AgreementBase {
    using SafeERC20 for IERC20;
    using TermsLib for Terms;

    // ------------------------------------------------------------------------------------------------- entry points

    /// @inheritdoc IWorkAgreements
    function withdraw(address token, address to) external nonReentrant {
        address party = _caller();
        Credit storage credit = _credits[party][token];
        uint256 amount = credit.amount;
        if (amount == 0) revert NothingCredited(party, token);
        if (!Transfers.canReceive(to, token)) revert RecipientInvalid(to);

        (credit.amount, credit.withdrawals) = (0, credit.withdrawals + 1);
        emit CreditWithdrawn(party, token, to, amount);

        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IWorkAgreements
    function sweepFees(address token) external nonReentrant {
        Fees memory kept = _fees[token];
        if (kept.amount == 0) revert NothingToSweep(token);

        address to = POLICY.feeReceiver();
        if (!Transfers.canReceive(to, token)) revert RecipientInvalid(to);

        _fees[token] = Fees(0, kept.lastSerial, kept.lastSerial);
        emit FeesSwept(token, to, kept.amount, uint256(kept.sweptSerial) + 1, kept.lastSerial);

        IERC20(token).safeTransfer(to, kept.amount);
    }

    // ------------------------------------------------------------------------------------------------- in

    /// @dev Takes exactly `amount` from the caller, or refuses a token that delivers anything else.
    function _pull(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        uint256 received = Transfers.pull(token, _caller(), to, amount);
        if (received != amount) revert TokenMisbehaved(token, amount, received);
    }

    // ------------------------------------------------------------------------------------------------- out

    /// @dev Pays the employer back.
    function _refund(Terms calldata terms, bytes32 agreement, uint256 amount) internal {
        _push(terms, agreement, terms.employer, terms.employer, amount);
    }

    /// @dev Pays the talent where it wants to be paid.
    function _pay(Terms calldata terms, bytes32 agreement, uint256 payoutMoves, uint256 amount) internal {
        _push(terms, agreement, terms.talent, _payoutOf(terms, payoutMoves), amount);
    }

    function _payoutOf(Terms calldata terms, uint256 payoutMoves) internal view returns (address) {
        if (payoutMoves == 0) return terms.payout;
        PayoutMove storage move = _payoutMoves[terms.negotiation()];
        if (move.next != address(0) && block.timestamp > move.waitsUntil) return move.next;
        return move.present == address(0) ? terms.payout : move.present;
    }

    /// @dev Pays `to`, or credits `party` when the token refuses, so that no payee and no token can block a closing.
    function _push(Terms calldata terms, bytes32 agreement, address party, address to, uint256 amount) private {
        if (amount == 0) return;
        _requireCallGas();
        if (Transfers.tryPush(terms.token, to, amount)) return;

        _credit(party, terms.token, amount);
        emit PaymentCredited(terms.negotiation(), party, terms.token, agreement, amount);
    }

    function _requireCallGas() internal view {
        if (gasleft() < CALL_GAS_LEFT) revert NotEnoughGas(gasleft(), CALL_GAS_LEFT);
    }

    // ------------------------------------------------------------------------------------------------- kept

    /// @dev Keeps a fee: floor(fee * originBps / 10,000) is the origin's credit, the rest gets the next serial.
    function _keepFee(Terms calldata terms, bytes32 agreement, uint256 fee) internal returns (uint256 serial) {
        uint256 share = TermsLib.feeOn(fee, terms.originBps);
        if (share > 0) {
            _credit(terms.origin, terms.token, share);
            emit FeeShared(terms.negotiation(), terms.origin, terms.token, agreement, share);
        }
        if (fee == share) return 0;
        Fees storage kept = _fees[terms.token];
        serial = uint256(kept.lastSerial) + 1;
        // forge-lint: disable-next-line(unsafe-typecast) fee < 2^131; 2^40 fees are not to be had
        (kept.amount, kept.lastSerial) = (kept.amount + uint176(fee - share), uint40(serial));
    }

    function _credit(address party, address token, uint256 amount) private {
        // forge-lint: disable-next-line(unsafe-typecast) amount < 2^136
        _credits[party][token].amount += uint192(amount);
    }
}
