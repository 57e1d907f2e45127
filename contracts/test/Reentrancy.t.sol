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
        moving = bound(moving, 0, 14);
        if (moving > 0) fund(terms, 2);
        if (moving == 3 || moving == 13 || moving == 14) submit(terms, 0, PAY);
        if (moving == 13) dispute(terms, 0);
        hook.pause(moving == 7);
        if (moving == 6 || moving == 7) release(terms, 0, PAY);
        hook.pause(false);
        if (moving != 14) vm.warp(NOW + 300 days);
        terms.validUntil = moving == 0 ? uint64(block.timestamp) : terms.validUntil;

        hook.arm(address(agreements), attack(terms, bound(entry, 0, 25)));
        move(terms, moving);
        assertLocked(hook.succeeded(), hook.outcome());
    }

    /// While a credit is paid no door is open, to whoever is called back.
    function test_attack_noDoorIsOpenWhileACreditIsPaid() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        hook.pause(true);
        release(terms, 0, PAY);
        hook.pause(false);
        uint256 snapshot = vm.snapshotState();
        for (uint256 entry = 0; entry <= 25; ++entry) {
            hook.arm(address(agreements), attack(terms, entry));
            move(terms, 7);
            assertLocked(hook.succeeded(), hook.outcome());
            vm.assertEq(token.balanceOf(stranger), PAY);
            vm.revertToState(snapshot);
        }
    }

    /// A court is called with the lock closed, and reads what is already written.
    function test_court_cannotReenter(uint256 entry) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fundAndSubmit(terms, PAY);
        court.arm(address(agreements), attack(terms, bound(entry, 0, 25)));
        dispute(terms, 0);
        assertLocked(court.succeeded(), court.outcome());

        bytes32 agreement = agreements.hashTerms(terms);
        submitSecond(terms);
        court.arm(address(agreements), abi.encodeCall(IWorkAgreements.stateOf, (agreement)));
        dispute(terms, 1);
        IWorkTypes.State memory seen = abi.decode(court.outcome(), (IWorkTypes.State));
        vm.assertEq(uint256(seen.phase), uint256(IWorkTypes.Phase.Disputed));
    }

    /// While a call is made on a signer's word, whoever is called back is still nobody but itself.
    function test_hook_isNeverTheSigner(uint256 entry) public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        bytes memory call = abi.encodeCall(IWorkAgreements.release, (terms, 0, PAY));
        bytes memory signature = signedBy(MANAGER_KEY, agreements.hashCall(manager, NOW, call));
        hook.arm(address(agreements), attack(terms, bound(entry, 0, 25)));
        agreements.callBySignature(manager, NOW, call, signature);
        assertLocked(hook.succeeded(), hook.outcome());

        // And afterwards nobody is.
        refuses(stranger, abi.encodeCall(IWorkAgreements.release, (terms, 1, PAY)), unauthorized(stranger));
    }

    /// Views take no lock: whoever is called back can have one read to itself, and the call goes on as its own actor.
    function test_hook_leavesTheActorAsItWas() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        uint256 before = token.balanceOf(employer);
        bytes memory view_ = abi.encodeCall(IWorkAgreements.stateOf, (agreement));
        hook.arm(address(agreements), abi.encodeCall(IWorkAgreements.withPermit, (address(0), 0, 0, 0, 0, 0, view_)));
        bytes memory call = abi.encodeCall(IWorkAgreements.tip, (terms, PAY));
        accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (address(0), 0, 0, 0, 0, 0, call)));
        vm.assertTrue(hook.succeeded(), "not read");
        vm.assertEq(before - token.balanceOf(employer), PAY + feeOn(PAY));
    }

    /// A hostile token of a permit is called before anything is locked, and is still a stranger.
    function test_permit_lendsNothingToItsToken() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 1);
        PermitHook thief = new PermitHook(address(agreements), abi.encodeCall(IWorkAgreements.release, (terms, 0, 1)));
        bytes memory call = abi.encodeCall(IWorkAgreements.release, (terms, 0, PAY));
        accepts(manager, abi.encodeCall(IWorkAgreements.withPermit, (address(thief), 0, 0, 0, 0, 0, call)));
        vm.assertEq(keccak256(thief.outcome()), keccak256(unauthorized(address(thief))));
        vm.assertEq(token.balanceOf(payout), PAY);
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

    function assertLocked(bool succeeded, bytes memory outcome) private pure {
        vm.assertTrue(!succeeded, "re-entered");
        vm.assertEq(bytes32(bytes4(outcome)), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    function submitSecond(IWorkTypes.Terms memory terms) private {
        release(terms, 0, PAY);
        submit(terms, 1, PAY);
    }

    function move(IWorkTypes.Terms memory terms, uint256 moving) private {
        address token_ = address(token);
        if (moving == 0) fund(terms, 1);
        if (moving == 1) accepts(employer, abi.encodeCall(IWorkAgreements.fundMore, (terms, 1)));
        if (moving == 2) release(terms, 0, PAY / 2);
        if (moving == 3) agreements.settle(terms, 0);
        if (moving == 4) refund(terms, 0);
        if (moving == 5) agreements.reclaim(terms, 0);
        if (moving == 6) agreements.sweepFees(token_);
        if (moving == 7) accepts(talent, abi.encodeCall(IWorkAgreements.withdraw, (token_, stranger)));
        if (moving == 8) accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, PAY)));
        if (moving == 9) accepts(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, 2)));
        if (moving == 10) accepts(talent, abi.encodeCall(IWorkAgreements.end, (terms, 0)));
        if (moving == 11) accepts(employer, agreeCall(terms));
        if (moving == 12) {
            bytes memory call = abi.encodeCall(IWorkAgreements.fundMore, (terms, 1));
            accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (stranger, 0, 0, 0, 0, 0, call)));
        }
        if (moving == 13) agreements.resolve(terms, 0);
        if (moving == 14) dispute(terms, 0);
    }

    function agreeCall(IWorkTypes.Terms memory terms) private view returns (bytes memory) {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, 0, 1, 0, ""));
        uint256 expiry = block.timestamp;
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, expiry, unsigned));
        return abi.encodeCall(IWorkAgreements.agree, (terms, 0, 1, expiry, consent));
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
        if (entry == 9) return abi.encodeCall(IWorkAgreements.sweepFees, (address(token)));
        if (entry == 10) return abi.encodeCall(IWorkAgreements.tip, (terms, 1));
        if (entry == 11) return abi.encodeCall(IWorkAgreements.extend, (terms, 0));
        if (entry == 12) return abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0));
        return laterAttack(terms, entry);
    }

    function laterAttack(IWorkTypes.Terms memory terms, uint256 entry) private view returns (bytes memory) {
        if (entry == 13) return abi.encodeCall(IWorkAgreements.keep, (terms, 0));
        if (entry == 14) return abi.encodeCall(IWorkAgreements.requestChanges, (terms, 0, REASONS));
        if (entry == 15) return abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, 1));
        if (entry == 16) return abi.encodeCall(IWorkAgreements.agree, (terms, 0, 1, 0, ""));
        if (entry == 17) return abi.encodeCall(IWorkAgreements.dispute, (terms, 0, 0, 0));
        if (entry == 18) return abi.encodeCall(IWorkAgreements.resolve, (terms, 0));
        if (entry == 19) return abi.encodeCall(IWorkAgreements.amend, (terms, terms, 0, ""));
        if (entry == 20) return abi.encodeCall(IWorkAgreements.end, (terms, 0));
        if (entry == 21) return abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger));
        if (entry == 22) return abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms));
        bytes memory call = abi.encodeCall(IWorkAgreements.burnNonce, (99));
        if (entry == 23) return abi.encodeCall(IWorkAgreements.withPermit, (stranger, 0, 0, 0, 0, 0, call));
        if (entry == 24) call = abi.encodeCall(IWorkAgreements.withPermit, (stranger, 0, 0, 0, 0, 0, call));
        if (entry == 24) return abi.encodeCall(IWorkAgreements.withPermit, (stranger, 0, 0, 0, 0, 0, call));
        uint256 expiry = type(uint256).max;
        bytes memory signature = signedBy(TALENT_KEY, agreements.hashCall(talent, expiry, call));
        return abi.encodeCall(IWorkAgreements.callBySignature, (talent, expiry, call, signature));
    }
}

/// @notice Calls the escrow from within a permit.
contract PermitHook {
    address private immutable TARGET;
    bytes private _attack;
    bytes public outcome;

    constructor(address target, bytes memory attack) {
        (TARGET, _attack) = (target, attack);
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        (, outcome) = TARGET.call(_attack);
    }
}
