// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PanelCourt} from "../../../src/court/PanelCourt.sol";
import {IPanelCourt} from "../../../src/interfaces/IPanelCourt.sol";
import {Base} from "../../utils/Base.sol";
import {CourtHandler} from "./CourtHandler.sol";
import {CourtLedger} from "./CourtLedger.sol";

/// @notice The court's properties over any lawful history. The ledger itself refuses a case that does not add up, and a
/// panel with an arbiter twice or a side on it.
contract PanelCourtInvariants is Base {
    CourtHandler private handler;
    PanelCourt private court;
    CourtLedger private ledger;
    address[] private people;

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.roll(20_000_000);
        handler = new CourtHandler();
        court = handler.court();
        ledger = handler.ledger();
        for (uint256 i = 0; i < handler.PEOPLE(); ++i) {
            people.push(handler.personAt(i));
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// Paid in = paid out + held + credited, per token, and every fee reached its seats. BTRST holds the bonds
    /// besides. Credits are what the logs say they are, party by party.
    function invariant_conservation() external view {
        (address dollar, address btrst) = (address(handler.dollar()), address(handler.btrst()));
        uint256 bonds = (ledger.enlisted() - ledger.returned() - ledger.forfeited()) * handler.SEAT();
        vm.assertEq(handler.dollar().balanceOf(address(court)), ledger.heldOf(dollar) + ledger.creditedOf(dollar));
        vm.assertEq(handler.btrst().balanceOf(address(court)), ledger.heldOf(btrst) + ledger.creditedOf(btrst) + bonds);
        for (uint256 i = 0; i < ledger.size(); ++i) {
            vm.assertEq(ledger.toldOf(ledger.cases(i)).feeLeft, 0);
        }
        for (uint256 who = 0; who < people.length; ++who) {
            address person = people[who];
            vm.assertEq(court.creditOf(person, dollar), ledger.creditOf(person, dollar));
            vm.assertEq(court.creditOf(person, btrst), ledger.creditOf(person, btrst));
        }
        vm.assertEq(court.creditOf(handler.TREASURY(), btrst), ledger.creditOf(handler.TREASURY(), btrst));
    }

    /// Bonds: what came in is bonded, leaving, returned or forfeited; what was forfeited became rewards; seats are locked
    /// exactly while their case is not concluded.
    function invariant_bonds() external view {
        uint256 seats;
        for (uint256 where = 0; where < handler.ESCROWS(); ++where) {
            address escrow = handler.escrowAt(where);
            uint256 free;
            for (uint256 who = 0; who < people.length; ++who) {
                (IPanelCourt.Arbiter memory arbiter, IPanelCourt.Leaving memory leaving) =
                    court.arbiterOf(escrow, people[who]);
                seats += arbiter.bonded + leaving.seats;
                free += arbiter.bonded - arbiter.locked;
                vm.assertEq(arbiter.locked, ledger.lockedOf(escrow, people[who]));
            }
            vm.assertEq(court.poolOf(escrow).weight, free);
        }
        vm.assertEq(seats + ledger.returned() + ledger.forfeited(), ledger.enlisted());
        vm.assertEq(ledger.rewards(), ledger.forfeited() * handler.SEAT());
    }

    /// Every phase ends by time: from here, time and a stranger conclude any case by `longest`, and empty it.
    function invariant_everyPhaseEndsByTime() external {
        if (ledger.size() == 0) return;
        bytes32 caseId = ledger.cases(uint256(keccak256(abi.encode(block.timestamp))) % ledger.size());
        uint256 snapshot = vm.snapshotState();
        uint256 now_ = block.timestamp;
        uint256 end = handler.endByTime(caseId);
        vm.assertLe(block.timestamp, now_ > end ? now_ : end);
        vm.assertTrue(ledger.toldOf(caseId).concluded, "not concluded");
        vm.revertToState(snapshot);
    }

    /// A final ruling never changes, not by any call and not by time; a case that never ruled never says so.
    function invariant_rulingsAreFinal() external view {
        for (uint256 i = 0; i < ledger.size(); ++i) {
            bytes32 caseId = ledger.cases(i);
            (bool isFinal, uint256 talentBps) = court.ruling(caseId);
            CourtLedger.Told memory told = ledger.toldOf(caseId);
            if (handler.firstRuling(caseId) != 0) {
                vm.assertTrue(isFinal, "a ruling was taken back");
                vm.assertEq(talentBps + 1, handler.firstRuling(caseId));
            }
            vm.assertTrue(talentBps <= 10_000, "more than the whole");
            if (told.concluded) vm.assertEq(isFinal, told.ruled);
            if (told.concluded) vm.assertEq(talentBps, told.talentBps);
        }
    }

    /// The histories are not empty: lawful calls in any order reach every end that a case has.
    function test_histories_reachEveryEnd() external {
        for (uint256 i = 0; i < 300; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 3 == 0) handler.open(seed, seed, seed);
            else handler.play(seed, seed >> 8);
            if (i % 20 == 0) handler.refuse(seed, seed % 3 == 0, false);
        }
        bytes32[10] memory topics = [
            IPanelCourt.Conceded.selector,
            IPanelCourt.ResponsePaid.selector,
            IPanelCourt.PanelDrawn.selector,
            IPanelCourt.PanelMissing.selector,
            IPanelCourt.SeedFixed.selector,
            IPanelCourt.VoteRevealed.selector,
            IPanelCourt.Appealed.selector,
            IPanelCourt.CaseConcluded.selector,
            IPanelCourt.SeatSettled.selector,
            IPanelCourt.Credited.selector
        ];
        for (uint256 i = 0; i < topics.length; ++i) {
            vm.assertTrue(ledger.logsOf(topics[i]) > 0, vm.toString(i));
        }
        vm.assertTrue(ledger.forfeited() > 0, "nobody forfeited");
        vm.assertTrue(court.creditOf(handler.TREASURY(), address(handler.btrst())) > 0, "no silent panel");
    }
}
