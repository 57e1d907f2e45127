// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {HookToken} from "./utils/Tokens.sol";

/// @notice A token that calls back whenever it moves, from every moving call into every entry point.
contract ReentrancyTest is AgreementTest {
    HookToken private hook;

    function setUp() public override {
        super.setUp();
        hook = new HookToken();
        useToken(hook);
    }

    function test_hook_cannotReenter(uint256 moving, uint256 entry) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        moving = bound(moving, 0, 7);
        if (moving > 0) fund(terms, 2);
        if (moving == 3) submit(terms, 0, PAY);
        hook.pause(moving == 7);
        if (moving >= 6) release(terms, 0, PAY);
        hook.pause(false);
        vm.warp(NOW + 300 days);
        terms.validUntil = moving == 0 ? uint64(block.timestamp) : terms.validUntil;

        hook.arm(address(agreements), attack(terms, bound(entry, 0, 9)));
        move(terms, moving);

        vm.assertTrue(!hook.succeeded(), "re-entered");
        vm.assertEq(
            bytes32(bytes4(hook.outcome())), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    /// The lock is transient: the next call in the same transaction finds it open.
    function test_lock_opensAfterEachCall() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        release(terms, 0, PAY);
        release(terms, 1, PAY);
        vm.assertEq(token.balanceOf(payout), 2 * PAY);
    }

    /// Views stay readable, and read-only callers see the state after the effects, never between.
    function test_hook_readsFinishedState() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        hook.arm(address(agreements), abi.encodeCall(IWorkAgreements.stateOf, (agreement)));
        release(terms, 0, PAY);
        IWorkTypes.State memory seen = abi.decode(hook.outcome(), (IWorkTypes.State));
        vm.assertEq(uint256(seen.phase), uint256(IWorkTypes.Phase.Ended));
    }

    function move(IWorkTypes.Terms memory terms, uint256 moving) private {
        if (moving == 0) fund(terms, 1);
        if (moving == 1) {
            vm.prank(employer);
            agreements.fundMore(terms, 1);
        }
        if (moving == 2) release(terms, 0, PAY / 2);
        if (moving == 3) agreements.settle(terms, 0);
        if (moving == 4) refund(terms, 0);
        if (moving == 5) agreements.reclaim(terms, 0);
        if (moving == 6) agreements.sweepFees(address(token));
        if (moving == 7) {
            vm.prank(talent);
            agreements.withdraw(address(token), stranger);
        }
    }

    function attack(IWorkTypes.Terms memory terms, uint256 entry) private view returns (bytes memory) {
        if (entry == 0) return abi.encodeCall(IWorkAgreements.fund, (terms, "", 1));
        if (entry == 1) return abi.encodeCall(IWorkAgreements.fundMore, (terms, 1));
        if (entry == 2) return abi.encodeCall(IWorkAgreements.submit, (terms, 0, 1, EVIDENCE));
        if (entry == 3) return abi.encodeCall(IWorkAgreements.release, (terms, 0, 1));
        if (entry == 4) return abi.encodeCall(IWorkAgreements.settle, (terms, 0));
        if (entry == 5) return abi.encodeCall(IWorkAgreements.refund, (terms, 0));
        if (entry == 6) return abi.encodeCall(IWorkAgreements.reclaim, (terms, 0));
        if (entry == 7) return abi.encodeCall(IWorkAgreements.burnNonce, (terms.nonce));
        if (entry == 8) return abi.encodeCall(IWorkAgreements.withdraw, (address(token), stranger));
        return abi.encodeCall(IWorkAgreements.sweepFees, (address(token)));
    }
}
