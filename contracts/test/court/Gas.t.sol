// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {BraintrustToken} from "../../src/BraintrustToken.sol";
import {Policy} from "../../src/Policy.sol";
import {PanelCourt} from "../../src/court/PanelCourt.sol";
import {CourtTest, policyArguments} from "./utils/CourtTest.sol";
import {Base} from "../utils/Base.sol";
import {Dollar} from "../utils/Tokens.sol";

/// @notice Enlists arbiters within one transaction: one each takes minutes for thousands.
contract Crowd is Base {
    function enlist(PanelCourt court, address arbitrable, uint256 first, uint256 last, uint32 seats) external {
        IERC20 btrst = court.BTRST();
        for (uint256 i = first; i < last; ++i) {
            address arbiter = address(uint160(0xA0000 + i));
            btrst.transfer(arbiter, seats * court.SEAT());
            vm.prank(arbiter);
            btrst.approve(address(court), type(uint256).max);
            vm.prank(arbiter);
            court.enlist(arbitrable, seats);
        }
    }
}

/// @notice What each call to the court costs as a transaction of its own, base fee and calldata included, in the code of
/// artifacts/.
/// @dev The path: OpenZeppelin tokens, unlimited allowances, sides that hold the token already, rules that were used
/// before, 30 arbiters with two seats each, a pool that drew before; the first case that an arbiter sits in.
/// forge-config: default.isolate = true
contract CourtGasTest is CourtTest {
    function setUp() public override {
        vm.warp(NOW);
        vm.roll(BLOCK);
        btrst = new BraintrustToken(address(this));
        book = Policy(deployShipped("Policy", policyArguments(address(this))));
        court = PanelCourt(deployShipped("PanelCourt", courtArguments()));
        vm.assertLe(address(court).code.length, 24_576); // EIP-170
        useToken(new Dollar());
    }

    function test_gas_aWholeCase() public {
        warm(30);
        bytes32 caseId = open(1);
        record("open");
        respond(caseId);
        record("respond");
        toSeed();
        court.draw(caseId);
        record("draw_3_of_30");
        commit(caseId, 0, 2000);
        record("commit");
        commit(caseId, 1, 2000);
        commit(caseId, 2, 9000);
        toReveal(caseId);
        reveal(caseId, 0, 2000);
        record("reveal");
        reveal(caseId, 1, 2000);
        reveal(caseId, 2, 9000);
        pass(5 days, caseId);
        uint256 snapshot = vm.snapshotState();
        pass(8 days, caseId);
        court.conclude(caseId);
        record("conclude_3_seats");
        vm.revertToState(snapshot);

        appeal(caseId, talent);
        record("appeal");
        toSeed();
        court.draw(caseId);
        record("draw_5_of_30");
        hear(caseId, list(9000, 9000, 9000, 9000, 2000));
        court.ruling(caseId);
        record("ruling_of_5_seats");
        court.conclude(caseId);
        record("conclude_8_seats");
    }

    function test_gas_withoutAPanel() public {
        warm(3);
        bytes32 caseId = open(1);
        vm.prank(talent);
        court.respond(caseId, TALENT_ASKS, false);
        record("respond_without_deposit");
        vm.prank(stranger);
        court.payResponse(caseId);
        record("pay_response");
        caseId = open(2);
        vm.prank(talent);
        court.concede(caseId);
        record("concede");
        caseId = open(3);
        pass(5 days, caseId);
        court.conclude(caseId);
        record("conclude_silence");
    }

    function test_gas_redraw() public {
        warm(30);
        bytes32 caseId = answered(1);
        drawn(caseId);
        hear(caseId, SILENT, SILENT, SILENT);
        court.queueDraw(caseId);
        record("queue_draw");
        vm.roll(court.poolOf(escrow).seedBlock + 257);
        court.draw(caseId);
        record("draw_missed");
    }

    function test_gas_arbiters() public {
        warm(30);
        btrst.transfer(arbiterAt(0), SEAT);
        vm.prank(arbiterAt(0));
        court.enlist(escrow, 1);
        record("enlist_more");
        retire(arbiterAt(0), 2);
        record("retire");
        vm.warp(block.timestamp + 14 days + 1);
        vm.prank(arbiterAt(0));
        court.takeBond(escrow);
        record("take_bond");
    }

    function test_gas_10arbiters() public {
        curve(10, "10");
    }

    function test_gas_1000arbiters() public {
        curve(1000, "1000");
    }

    function test_gas_10000arbiters() public {
        curve(10_000, "10000");
    }

    /// @dev What depends on the number of arbiters: by its logarithm to the base 8.
    function curve(uint256 count, string memory name) private {
        warm(count - 1);
        enlist(arbiterAt(count), 2);
        record(string.concat("enlist_", name));
        bytes32 caseId = answered(1);
        toSeed();
        court.draw(caseId);
        record(string.concat("draw_3_of_", name));
        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        court.conclude(caseId);
        record(string.concat("conclude_3_of_", name));
    }

    /// @dev A pool and rules that were used before, by a case whose panel never was found.
    function warm(uint256 arbiters) private {
        bytes32 caseId = answered(0);
        toSeed();
        court.draw(caseId);
        vm.pauseGasMetering();
        Crowd crowd = new Crowd();
        btrst.transfer(address(crowd), 2 * arbiters * SEAT);
        for (uint256 first = 0; first < arbiters; first += 1000) {
            crowd.enlist(court, escrow, first, first + 1000 < arbiters ? first + 1000 : arbiters, 2);
        }
        vm.resumeGasMetering();
    }

    function record(string memory name) private {
        vm.snapshotGasLastCall("court", name);
    }
}
