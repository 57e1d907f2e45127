// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../interfaces/IWorkTypes.sol";
import {TermsLib} from "./TermsLib.sol";

/// @title The typed form of each call that can be made by signature (EIP-712)
/// @dev A form shows what the call does under the function's own name, and binds it to one agreement in one state.
library TypedCalls {
    using TermsLib for IWorkTypes.Terms;

    bytes32 private constant SUBMIT = keccak256(
        "Submit(bytes32 agreement,bytes32 state,uint256 milestone,uint256 claimed,bytes32 evidence,uint256 expiry)"
    );
    bytes32 private constant RELEASE =
        keccak256("Release(bytes32 agreement,bytes32 state,uint256 milestone,uint256 pay,uint256 expiry)");
    bytes32 private constant REQUEST_CHANGES =
        keccak256("RequestChanges(bytes32 agreement,bytes32 state,uint256 milestone,bytes32 reasons,uint256 expiry)");
    bytes32 private constant REFUND =
        keccak256("Refund(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant KEEP = keccak256("Keep(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant EXTEND =
        keccak256("Extend(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant RELEASE_MANY =
        keccak256("ReleaseMany(bytes32 agreement,bytes32 state,uint256 milestone,uint256 count,uint256 expiry)");
    bytes32 private constant ASK_TO_CANCEL =
        keccak256("AskToCancel(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant RECLAIM =
        keccak256("Reclaim(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant END = keccak256("End(bytes32 agreement,bytes32 state,uint256 milestone,uint256 expiry)");
    bytes32 private constant MOVE_PAYOUT =
        keccak256("MovePayout(bytes32 agreement,bytes32 state,address to,uint256 expiry)");
    bytes32 private constant CANCEL_PAYOUT_MOVE =
        keccak256("CancelPayoutMove(bytes32 agreement,bytes32 state,uint256 expiry)");
    bytes32 private constant DISPUTE = keccak256(
        "Dispute(bytes32 agreement,bytes32 state,uint256 milestone,uint256 employerBps,uint256 costMax,uint256 expiry)"
    );
    bytes32 private constant AGREE =
        keccak256("Agree(bytes32 agreement,bytes32 state,uint256 milestone,uint256 talentBps,uint256 expiry)");
    bytes32 private constant AMEND = keccak256(
        "Amend(bytes32 agreement,bytes32 state,Terms next,uint256 expiry)"
        "Terms(uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
        "address payout,address token,uint32 policyVersion,uint16 feeBps,address origin,uint16 originBps,"
        "uint32 reviewWindow,uint32 reworkTime,uint8 revisionsMax,address court,uint256 courtRules,uint32 caseTime,"
        "uint16 fallbackTalentBps,uint64 validUntil,bytes32 documents,uint128[] amounts,uint32[] workTimes)"
    );
    bytes32 private constant BURN_NONCE = keccak256("BurnNonce(uint256 nonce,uint256 expiry)");
    bytes32 private constant WITHDRAW =
        keccak256("Withdraw(address token,address to,uint256 amount,uint256 withdrawals,uint256 expiry)");

    function agreement(bytes32 name, bytes32 state, uint256 milestone, uint256 talentBps, uint256 expiry)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(AGREE, name, state, milestone, talentBps, expiry));
    }

    function amendment(bytes32 name, bytes32 state, IWorkTypes.Terms calldata next, uint256 expiry)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(AMEND, name, state, next.hashStruct(), expiry));
    }

    function burning(bytes calldata call, uint256 expiry) internal pure returns (bytes32) {
        return keccak256(abi.encode(BURN_NONCE, abi.decode(call[4:], (uint256)), expiry));
    }

    function withdrawal(bytes calldata call, uint256 amount, uint256 withdrawals, uint256 expiry)
        internal
        pure
        returns (bytes32)
    {
        (address token, address to) = abi.decode(call[4:], (address, address));
        return keccak256(abi.encode(WITHDRAW, token, to, amount, withdrawals, expiry));
    }

    /// @dev Any other call but `amend`: its arguments after the terms are words of calldata, and the first of them are the
    /// form's. They are what the function will read, for it is called with these very bytes.
    function plain(bytes calldata call, bytes32 name, bytes32 state, uint256 expiry)
        internal
        pure
        returns (bytes32 structHash)
    {
        // forge-lint: disable-next-line(unsafe-typecast) the first four bytes name the function
        (bytes32 typehash, uint256 arguments) = typeOf(bytes4(call));
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            mstore(add(words, 0x20), name)
            mstore(add(words, 0x40), state)
            calldatacopy(add(words, 0x60), add(call.offset, 0x24), shl(5, arguments))
            mstore(add(add(words, 0x60), shl(5, arguments)), expiry)
            structHash := keccak256(words, add(0x80, shl(5, arguments)))
        }
    }

    /// @dev The terms that stand as the argument `index` of a call. Where `call` is too short for them, reading goes on
    /// behind it; then the call itself fails, which reads the same bytes within its own bounds.
    function termsIn(bytes calldata call, uint256 index) internal pure returns (IWorkTypes.Terms calldata terms) {
        assembly ("memory-safe") {
            let arguments := add(call.offset, 4)
            terms := add(arguments, calldataload(add(arguments, shl(5, index))))
        }
    }

    /// @dev The type of a plain call's form, and how many arguments it shows.
    function typeOf(bytes4 selector) private pure returns (bytes32 typehash, uint256 arguments) {
        if (selector == IWorkAgreements.submit.selector) return (SUBMIT, 3);
        if (selector == IWorkAgreements.release.selector) return (RELEASE, 2);
        if (selector == IWorkAgreements.requestChanges.selector) return (REQUEST_CHANGES, 2);
        if (selector == IWorkAgreements.refund.selector) return (REFUND, 1);
        if (selector == IWorkAgreements.keep.selector) return (KEEP, 1);
        if (selector == IWorkAgreements.extend.selector) return (EXTEND, 1);
        if (selector == IWorkAgreements.releaseMany.selector) return (RELEASE_MANY, 2);
        if (selector == IWorkAgreements.askToCancel.selector) return (ASK_TO_CANCEL, 1);
        if (selector == IWorkAgreements.reclaim.selector) return (RECLAIM, 1);
        if (selector == IWorkAgreements.end.selector) return (END, 1);
        if (selector == IWorkAgreements.movePayout.selector) return (MOVE_PAYOUT, 1);
        if (selector == IWorkAgreements.cancelPayoutMove.selector) return (CANCEL_PAYOUT_MOVE, 0);
        if (selector == IWorkAgreements.agree.selector) return (AGREE, 2);
        if (selector == IWorkAgreements.dispute.selector) return (DISPUTE, 3);
        revert IWorkTypes.CallNotSignable(selector);
    }
}
