// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICourt} from "../../src/interfaces/ICourt.sol";
import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {HookToken} from "../utils/Tokens.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice A token that calls back whenever it moves, from every moving call into every entry point.
contract CourtReentrancyTest is CourtTest {
    HookToken private hook;

    function setUp() public override {
        super.setUp();
        hook = new HookToken();
        useToken(hook);
        enlist(12, 1);
    }

    function test_attack_hookCannotReenter(uint256 moving, uint256 entry) public {
        moving = bound(moving, 0, 6);
        bytes32 caseId = before(moving);
        hook.arm(address(court), attack(caseId, bound(entry, 0, 13)));
        move(caseId, moving);
        assertLocked();
    }

    /// While a credit is paid no door is open, to whoever is called back.
    function test_attack_noDoorIsOpenWhileACreditIsPaid() public {
        bytes32 caseId = before(6);
        (address[] memory arbiters,) = court.panelOf(caseId, 0);
        uint256 amount = credit(arbiters[0]);
        uint256 snapshot = vm.snapshotState();
        for (uint256 entry = 0; entry <= 13; ++entry) {
            hook.arm(address(court), attack(caseId, entry));
            move(caseId, 6);
            assertLocked();
            vm.assertEq(token.balanceOf(stranger), type(uint128).max + amount);
            vm.revertToState(snapshot);
        }
    }

    /// Read-only callers see the state after the effects, never between.
    function test_hook_readsFinishedState() public {
        bytes32 caseId = before(4);
        hook.arm(address(court), abi.encodeCall(ICourt.ruling, (caseId)));
        court.conclude(caseId);
        (bool isFinal, uint256 talentBps) = abi.decode(hook.outcome(), (bool, uint256));
        vm.assertTrue(isFinal, "not final");
        vm.assertEq(talentBps, 9000);
    }

    function assertLocked() private view {
        vm.assertTrue(!hook.succeeded(), "re-entered");
        vm.assertEq(
            bytes32(bytes4(hook.outcome())), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    function before(uint256 moving) private returns (bytes32 caseId) {
        if (moving == 0) return 0;
        caseId = open(0);
        if (moving == 2) {
            vm.prank(talent);
            court.respond(caseId, TALENT_ASKS, false);
        }
        if (moving <= 3) return caseId;
        respond(caseId);
        drawn(caseId);
        hear(caseId, 9000, 9000, 9000);
        if (moving == 5) return caseId;
        passAppeal(caseId);
        if (moving == 6) court.conclude(caseId);
    }

    function move(bytes32 caseId, uint256 moving) private {
        if (moving == 0) open(0);
        if (moving == 1) respond(caseId);
        if (moving == 2) {
            vm.prank(stranger);
            court.payResponse(caseId);
        }
        if (moving == 3) {
            vm.prank(talent);
            court.concede(caseId);
        }
        if (moving == 4) court.conclude(caseId);
        if (moving == 5) appeal(caseId, talent);
        if (moving == 6) {
            (address[] memory arbiters,) = court.panelOf(caseId, 0);
            vm.prank(arbiters[0]);
            court.withdraw(address(token), stranger);
        }
    }

    function attack(bytes32 caseId, uint256 entry) private view returns (bytes memory) {
        if (entry == 0) {
            return abi.encodeCall(ICourt.open, (caseId, 1, 1, address(token), SUM, employer, talent, 0));
        }
        if (entry == 1) return abi.encodeCall(IPanelCourt.respond, (caseId, TALENT_ASKS, true));
        if (entry == 2) return abi.encodeCall(IPanelCourt.payResponse, (caseId));
        if (entry == 3) return abi.encodeCall(IPanelCourt.concede, (caseId));
        if (entry == 4) return abi.encodeCall(IPanelCourt.appeal, (caseId));
        if (entry == 5) return abi.encodeCall(IPanelCourt.conclude, (caseId));
        if (entry == 6) return abi.encodeCall(IPanelCourt.queueDraw, (caseId));
        if (entry == 7) return abi.encodeCall(IPanelCourt.draw, (caseId));
        if (entry == 8) return abi.encodeCall(IPanelCourt.commit, (caseId, 0, caseId));
        if (entry == 9) return abi.encodeCall(IPanelCourt.reveal, (caseId, 0, 0, caseId));
        if (entry == 10) return abi.encodeCall(IPanelCourt.enlist, (escrow, 1));
        if (entry == 11) return abi.encodeCall(IPanelCourt.retire, (escrow, 1));
        if (entry == 12) return abi.encodeCall(IPanelCourt.takeBond, (escrow));
        return abi.encodeCall(IPanelCourt.withdraw, (address(token), stranger));
    }
}
