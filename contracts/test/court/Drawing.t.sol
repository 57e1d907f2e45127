// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {Vm} from "../utils/Base.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Which panel is drawn, and that nobody chooses it.
contract DrawingTest is CourtTest {
    function test_draw_seatsThreeDifferentArbiters(uint256 count, bytes32 hash_) public {
        count = bound(count, 3, 12);
        enlist(count, 3);
        (, address[] memory arbiters) = (bytes32(0), seedWith(answered(0), hash_));
        vm.assertEq(arbiters.length, 3);
        differ(arbiters);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(lockedOf(arbiters[i]), 1);
        }
        vm.assertEq(court.poolOf(escrow).weight, 3 * count - 3);
    }

    /// Attack: one arbiter with almost all of the bond on two seats of a panel.
    function test_attack_noArbiterSitsTwiceInAPanel(bytes32 hash_) public {
        enlist(arbiterAt(0), 10_000);
        enlist(arbiterAt(1), 1);
        enlist(arbiterAt(2), 1);
        differ(seedWith(answered(0), hash_));
    }

    /// Attack: a side enlists to judge itself.
    function test_attack_sidesNeverSit(bytes32 hash_) public {
        enlist(employer, 10_000);
        enlist(talent, 10_000);
        enlist(3, 1);
        address[] memory arbiters = seedWith(answered(0), hash_);
        vm.assertEq(arbiters.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertTrue(arbiters[i] != employer && arbiters[i] != talent, "a side sits");
        }
    }

    /// Attack: one side alone enlists, between others and with almost all of the bond.
    function test_attack_aSideAloneNeverSits(bytes32 hash_) public {
        enlist(2, 1);
        uint256 snapshot = vm.snapshotState();
        address[2] memory sides = [employer, talent];
        for (uint256 i = 0; i < 2; ++i) {
            enlist(sides[i], 10_000);
            enlist(arbiterAt(2), 1);
            address[] memory arbiters = seedWith(answered(0), hash_);
            differ(arbiters);
            for (uint256 seat = 0; seat < 3; ++seat) {
                vm.assertTrue(arbiters[seat] != sides[i], "a side sits");
            }
            vm.revertToState(snapshot);
        }
    }

    /// Cases that share a block's hash share no draw: each has a panel of its own.
    function test_draw_isOfTheCase() public {
        enlist(12, 1);
        uint256 snapshot = vm.snapshotState();
        bytes32 one = keccak256(abi.encode(seedWith(answered(0), keccak256("seed"))));
        vm.revertToState(snapshot);
        bytes32 other = keccak256(abi.encode(seedWith(answered(1), keccak256("seed"))));
        vm.assertTrue(one != other, "the same panel");
    }

    /// A panel that sits is told, and only one that does not is missing.
    function test_draw_tellsThePanel() public {
        enlist(8, 1);
        bytes32 caseId = open(0);
        vm.expectEmit(address(court));
        emit IPanelCourt.DrawQueued(caseId, escrow, 0, 1);
        respond(caseId);
        uint256 snapshot = vm.snapshotState();
        address[] memory arbiters = seedWith(caseId, keccak256("seed"));
        vm.revertToState(snapshot);
        toSeed();
        vm.setBlockhash(block.number - 1, keccak256("seed"));
        vm.recordLogs();
        court.draw(caseId);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1);
        vm.assertEq(logs[0].topics[0], IPanelCourt.PanelDrawn.selector);
        vm.assertEq(logs[0].topics[1], caseId);
        vm.assertEq(keccak256(logs[0].data), keccak256(abi.encode(0, arbiters)));
    }

    /// A block is fixed for draws that wait, never for none.
    function test_draw_fixesNoBlockForNobody() public {
        enlist(8, 1);
        uint256 seedBlock = BLOCK + 8;
        drawn(answered(0));
        vm.assertEq(court.poolOf(escrow).seedBlock, seedBlock);
        vm.assertEq(court.poolOf(escrow).seeded, 1);
    }

    /// A seat that is free again is its arbiter's: the next panel is of the same three.
    function test_conclude_givesEachSeatBackToItsArbiter() public {
        enlist(3, 1);
        (bytes32 caseId,) = panelled();
        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        court.conclude(caseId);
        address[] memory arbiters = drawn(answered(1));
        differ(arbiters);
        for (uint256 seat = 0; seat < 3; ++seat) {
            vm.assertEq(bondedOf(arbiters[seat]), 1);
            vm.assertEq(lockedOf(arbiters[seat]), 1);
        }
    }

    /// Attack: a great bond on every panel of a case. Who sat once never sits in the case again.
    function test_attack_nobodySitsTwiceInACase(bytes32 hash_) public {
        enlist(3, 10_000);
        bytes32 caseId = answered(0);
        address[] memory first = seedWith(caseId, hash_);
        for (uint256 i = 3; i < 6; ++i) {
            enlist(arbiterAt(i), 1);
        }
        hear(caseId, SILENT, SILENT, SILENT);
        court.queueDraw(caseId);
        address[] memory second = drawn(caseId);
        differ(second);
        for (uint256 i = 0; i < 9; ++i) {
            vm.assertTrue(first[i / 3] != second[i % 3], "an arbiter sits again");
        }
    }

    /// Sides leave too few: no panel, though there is bond enough.
    function test_attack_sidesDoNotCountAsArbiters() public {
        enlist(employer, 10);
        enlist(2, 10);
        bytes32 caseId = answered(0);
        toSeed();
        vm.expectEmit(address(court));
        emit IPanelCourt.PanelMissing(caseId, escrow, 0);
        court.draw(caseId);
        vm.assertEq(court.poolOf(escrow).weight, 30);
        vm.assertEq(court.caseOf(caseId).ticket, 0);
    }

    /// Weights are free seats: over many draws an arbiter is met as often as its share says.
    function test_draw_weighsByBond() public {
        enlist(arbiterAt(0), 600);
        for (uint256 i = 1; i < 5; ++i) {
            enlist(arbiterAt(i), 100);
        }
        uint256 first;
        for (uint256 i = 0; i < 400; ++i) {
            uint256 snapshot = vm.snapshotState();
            if (seedWith(answered(0), keccak256(abi.encode(i)))[0] == arbiterAt(0)) ++first;
            vm.revertToState(snapshot);
        }
        vm.assertTrue(first >= 205 && first <= 275, "far from 240");
    }

    /// Attack: choosing among blocks by calling in the one that suits. Whatever block calls, the panel is the same.
    function test_attack_theCallingBlockChoosesNothing(uint256 later) public {
        enlist(12, 1);
        bytes32 caseId = answered(0);
        uint256 seedBlock = court.poolOf(escrow).seedBlock;
        uint256 snapshot = vm.snapshotState();
        vm.roll(seedBlock + 1);
        vm.setBlockhash(seedBlock, keccak256("seed"));
        court.draw(caseId);
        (address[] memory expected,) = court.panelOf(caseId, 0);
        vm.revertToState(snapshot);

        vm.roll(seedBlock + bound(later, 2, 256));
        vm.setBlockhash(seedBlock, keccak256("seed"));
        court.draw(caseId);
        (address[] memory found,) = court.panelOf(caseId, 0);
        vm.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(expected)));
    }

    function test_draw_waitsForTheSeedBlock() public {
        enlist(3, 1);
        bytes32 caseId = answered(0);
        vm.assertEq(court.poolOf(escrow).seedBlock, BLOCK + 8);
        vm.roll(BLOCK + 8);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.SeedTooEarly.selector, BLOCK + 8);
        refuses(stranger, abi.encodeCall(IPanelCourt.draw, (caseId)), refusal);
    }

    /// A missed block is replaced by one that nobody knows yet. A proposer, or whoever keeps everybody else from calling,
    /// gets one more try each 256 blocks, and none after the draw window.
    function test_attack_rerollsTakeAFixedNewBlockAndEnd() public {
        enlist(12, 1);
        bytes32 caseId = answered(0);
        uint256 first = court.poolOf(escrow).seedBlock;
        vm.roll(first + 257);
        vm.expectEmit(address(court));
        emit IPanelCourt.SeedFixed(escrow, first + 257 + 8, 1);
        court.draw(caseId);
        assertPhase(caseId, IPanelCourt.Phase.Drawing);

        // Its block still waits to be made, so a second call re-rolls nothing.
        bytes memory early = abi.encodeWithSelector(IPanelCourt.SeedTooEarly.selector, first + 265);
        refuses(stranger, abi.encodeCall(IPanelCourt.draw, (caseId)), early);
        toSeed();
        vm.warp(NOW + 1 days + 1);
        court.draw(caseId);
        assertPhase(caseId, IPanelCourt.Phase.Drawing);
        court.conclude(caseId);
        assertNoRuling(caseId);
    }

    /// Attack: enlisting or leaving when the hash is known, to move the point that is met.
    function test_attack_nobodyComesOrGoesWhileASeedIsPending(uint256 height) public {
        enlist(4, 2);
        btrst.transfer(arbiterAt(4), SEAT);
        answered(0);
        uint256 seedBlock = court.poolOf(escrow).seedBlock;
        vm.roll(bound(height, seedBlock, seedBlock + 256));
        refuses(arbiterAt(4), abi.encodeCall(IPanelCourt.enlist, (escrow, 1)), seedPending());
        refuses(arbiterAt(0), abi.encodeCall(IPanelCourt.retire, (escrow, 1)), seedPending());
    }

    /// Before the block is made changes are blind; when its hash is out of reach, the next block decides.
    function test_enlisting_isFreeWhileNoHashIsKnown(bool missed) public {
        enlist(4, 2);
        bytes32 caseId = answered(0);
        uint256 seedBlock = court.poolOf(escrow).seedBlock;
        vm.roll(missed ? seedBlock + 257 : seedBlock - 1);
        enlist(arbiterAt(4), 1);
        retire(arbiterAt(0), 1);
        if (missed) court.draw(caseId);
        vm.assertEq(drawn(caseId).length, 3);
        enlist(arbiterAt(5), 1);
    }

    /// Attack: concluding other cases gives seats back; it waits too, or one could choose what to conclude.
    function test_attack_noSeatComesBackWhileASeedIsPending() public {
        enlist(8, 1);
        (bytes32 caseId,) = panelled();
        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        bytes32 next = answered(1);
        vm.roll(court.poolOf(escrow).seedBlock + 1);
        refuses(stranger, abi.encodeCall(IPanelCourt.conclude, (caseId)), seedPending());
        assertRuling(caseId, 5000);
        court.draw(next);
        court.conclude(caseId);
    }

    /// Attack: choosing the order of draws that share a seed. They go by their tickets.
    function test_attack_drawsGoInTheOrderTheyWereAskedFor() public {
        enlist(12, 1);
        bytes32 first = answered(0);
        bytes32 second = answered(1);
        vm.assertEq(court.poolOf(escrow).seeded, 2);
        toSeed();
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.NotNextDraw.selector, 2, 1);
        refuses(stranger, abi.encodeCall(IPanelCourt.draw, (second)), refusal);
        court.draw(first);
        court.draw(second);
        (address[] memory one,) = court.panelOf(first, 0);
        (address[] memory two,) = court.panelOf(second, 0);
        for (uint256 i = 0; i < 9; ++i) {
            vm.assertTrue(one[i / 3] != two[i % 3], "a seat was sold twice");
        }
    }

    /// A case that asks when the hash can be known waits for the next block, which is fixed when the others are done.
    function test_draw_neverJoinsAKnownSeed(uint256 height) public {
        enlist(12, 1);
        bytes32 first = answered(0);
        uint256 seedBlock = court.poolOf(escrow).seedBlock;
        height = bound(height, seedBlock, seedBlock + 256);
        vm.roll(height);
        bytes32 second = answered(1);
        vm.assertEq(court.poolOf(escrow).seeded, 1);
        if (height == seedBlock) vm.roll(++height);
        court.draw(first);
        vm.assertEq(court.poolOf(escrow).seedBlock, height + 8);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.SeedTooEarly.selector, height + 8);
        refuses(stranger, abi.encodeCall(IPanelCourt.draw, (second)), refusal);
        vm.assertEq(drawn(second).length, 3);
    }

    /// Attack: a stream of cases keeps arbiters from leaving. Each seed leaves blocks in which they can.
    function test_attack_aStreamOfCasesLocksNobodyIn() public {
        enlist(30, 1);
        bytes32 waiting = answered(0);
        for (uint256 i = 1; i < 5; ++i) {
            toSeed();
            bytes32 next = answered(i);
            court.draw(waiting);
            retire(freeArbiter(), 1);
            waiting = next;
        }
    }

    /// A case that came too late makes room for those behind it.
    function test_draw_passesOverACaseThatCameTooLate(bool concluded) public {
        enlist(12, 1);
        bytes32 late = answered(0);
        vm.warp(NOW + 1 days);
        bytes32 next = answered(1);
        vm.warp(NOW + 1 days + 1);
        if (concluded) court.conclude(late);
        toSeed();
        vm.expectEmit(address(court));
        emit IPanelCourt.PanelMissing(late, escrow, 0);
        court.draw(late);
        (address[] memory none,) = court.panelOf(late, 0);
        vm.assertEq(none.length, 0);
        vm.assertEq(drawn(next).length, 3);
        assertNoRuling(late);
    }

    function test_draw_refusesACaseThatWaitsForNone() public {
        bytes32 caseId = open(0);
        bytes memory refusal = wrongPhase(caseId, IPanelCourt.Phase.Response);
        refuses(stranger, abi.encodeCall(IPanelCourt.draw, (caseId)), refusal);
    }

    function test_queueDraw_triesAgainWithinTheWindow() public {
        enlist(2, 1);
        bytes32 caseId = answered(0);
        bytes memory again = abi.encodeCall(IPanelCourt.queueDraw, (caseId));
        refuses(stranger, again, abi.encodeWithSelector(IPanelCourt.DrawWaits.selector, caseId, 1));
        drawn(caseId);
        enlist(arbiterAt(2), 1);
        uint256 snapshot = vm.snapshotState();
        vm.warp(NOW + 1 days);
        bytes memory conclude = abi.encodeCall(IPanelCourt.conclude, (caseId));
        refuses(stranger, conclude, abi.encodeWithSelector(IPanelCourt.NotFinal.selector, caseId));
        court.queueDraw(caseId);
        vm.assertEq(drawn(caseId).length, 3);
        vm.revertToState(snapshot);
        vm.warp(NOW + 1 days + 1);
        refuses(stranger, again, tooLate(NOW + 1 days));
        court.conclude(caseId);
    }

    function test_queueDraw_refusesWhereNothingIsToDraw() public {
        enlist(12, 1);
        bytes32 caseId = open(0);
        bytes memory call = abi.encodeCall(IPanelCourt.queueDraw, (caseId));
        refuses(stranger, call, wrongPhase(caseId, IPanelCourt.Phase.Response));
        respond(caseId);
        drawn(caseId);
        refuses(stranger, call, tooEarly(NOW + 5 days));
        hear(caseId, 5000, 5000, 5000);
        refuses(stranger, call, abi.encodeWithSelector(IPanelCourt.PanelRuled.selector, caseId));
    }

    function seedWith(bytes32 caseId, bytes32 hash_) private returns (address[] memory arbiters) {
        toSeed();
        vm.setBlockhash(block.number - 1, hash_ == 0 ? bytes32(uint256(1)) : hash_);
        court.draw(caseId);
        (arbiters,) = court.panelOf(caseId, 0);
    }

    function differ(address[] memory arbiters) private pure {
        bool same = arbiters[0] == arbiters[1] || arbiters[1] == arbiters[2] || arbiters[0] == arbiters[2];
        vm.assertTrue(!same, "an arbiter sits twice");
    }
}
