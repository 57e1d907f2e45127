// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {TypedCalls} from "../libraries/TypedCalls.sol";
import {AgreementBase} from "./AgreementBase.sol";

/// @title Calls made on somebody's signed word
/// @dev This contract calls itself, and the entry point sees who acts through `_caller`. The inner call takes the lock, so
/// whoever is called back while an actor is set can move nothing, and restores nothing but its own.
abstract contract SelfCalls is AgreementBase {
    using StateLib for State;

    /// @inheritdoc IWorkAgreements
    function callBySignature(address signer, uint256 expiry, bytes calldata call, bytes calldata signature) external {
        if (block.timestamp > expiry) revert SignatureExpired(expiry);
        _requireSigned(signer, hashCall(signer, expiry, call), signature);
        _callAs(signer, call);
    }

    /// @inheritdoc IWorkAgreements
    function withPermit(
        address token,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata call
    ) external {
        bytes memory permit = abi.encodeCall(IERC20Permit.permit, (_caller(), address(this), value, deadline, v, r, s));
        // Whether it worked shows when the money is taken.
        assembly ("memory-safe") {
            pop(call(gas(), token, 0, add(permit, 0x20), mload(permit), 0, 0))
        }
        _callAs(_caller(), call);
    }

    /// @inheritdoc IWorkAgreements
    function hashCall(address signer, uint256 expiry, bytes calldata call) public view returns (bytes32 digest) {
        // forge-lint: disable-next-line(unsafe-typecast) the first four bytes name the function
        bytes4 selector = bytes4(call);
        if (selector == IWorkAgreements.burnNonce.selector) return _digest(TypedCalls.burning(call, expiry));
        if (selector == IWorkAgreements.withdraw.selector) return _digest(_withdrawal(signer, expiry, call));

        bytes32 agreement = _hash(TypedCalls.termsIn(call, 0));
        bytes32 state = _states[agreement].word();
        return _digest(
            selector == IWorkAgreements.amend.selector
                ? TypedCalls.amendment(agreement, state, TypedCalls.termsIn(call, 1), expiry)
                : TypedCalls.plain(call, agreement, state, expiry)
        );
    }

    function _withdrawal(address signer, uint256 expiry, bytes calldata call) private view returns (bytes32) {
        (address token,) = abi.decode(call[4:], (address, address));
        Credit storage credit = _credits[signer][token];
        return TypedCalls.withdrawal(call, credit.amount, credit.withdrawals, expiry);
    }

    function _callAs(address actor, bytes calldata call) private {
        address before = _actor;
        _actor = actor;
        (bool done, bytes memory answer) = address(this).call(call);
        _actor = before;
        if (done) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
