// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PanelCourt} from "../../src/court/PanelCourt.sol";
import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Bonds: how they come, what holds them, how they leave.
contract ArbitersTest is CourtTest {
    address private immutable arbiter = arbiterAt(0);

    function test_enlist_bondsSeats(uint32 seats, uint32 more) public {
        seats = uint32(bound(seats, 1, 1000));
        more = uint32(bound(more, 1, 1000));
        enlist(arbiter, seats);
        btrst.transfer(arbiter, more * SEAT);
        vm.expectEmit(address(court));
        emit IPanelCourt.Enlisted(escrow, arbiter, more);
        vm.prank(arbiter);
        court.enlist(escrow, more);
        vm.assertEq(bondedOf(arbiter), seats + more);
        vm.assertEq(btrst.balanceOf(arbiter), 0);
        vm.assertEq(btrst.balanceOf(address(court)), (seats + more) * SEAT);
        vm.assertEq(court.poolOf(escrow).weight, seats + more);
    }

    function test_enlist_refusesNoSeatsAndMoreThan32Bits() public {
        refusesSeats(abi.encodeCall(IPanelCourt.enlist, (escrow, 0)), 0, type(uint32).max);
        enlist(arbiter, 10);
        uint32 max = type(uint32).max - 10;
        refusesSeats(abi.encodeCall(IPanelCourt.enlist, (escrow, max + 1)), max + 1, max);
    }

    /// The last seat that the sums of a pool have room for is taken, none beyond it.
    function test_enlist_takesSeatsUpTo32Bits() public {
        bytes memory arguments = abi.encode(btrst, 1, book, treasury);
        court = PanelCourt(deploy("PanelCourt", type(PanelCourt).creationCode, arguments));
        btrst.transfer(arbiter, type(uint32).max);
        vm.prank(arbiter);
        btrst.approve(address(court), type(uint256).max);
        vm.prank(arbiter);
        court.enlist(escrow, type(uint32).max);
        vm.assertEq(court.poolOf(escrow).weight, type(uint32).max);
        refusesSeats(abi.encodeCall(IPanelCourt.enlist, (escrow, 1)), 1, 0);
    }

    /// Eight arbiters fill a level, 64 two of them: the sums get another one with the next arbiter and not before.
    function test_enlist_addsALevelWhenTheLastIsFull() public {
        for (uint256 i = 0; i < 66; ++i) {
            enlist(arbiterAt(i), 1);
            vm.assertEq(court.poolOf(escrow).levels, i < 8 ? 1 : i < 64 ? 2 : 3);
        }
    }

    /// Pools are apart: who enlists for one contract is never drawn for another.
    function test_enlist_isForOneContract() public {
        enlist(3, 1);
        IPanelCourt.Pool memory others = court.poolOf(stranger);
        vm.assertEq(others.weight, 0);
        vm.assertEq(court.poolOf(escrow).weight, 3);
    }

    function test_retire_takesSeatsOffTheDrawAtOnceAndTheBondLater(uint32 seats) public {
        enlist(arbiter, 10);
        seats = uint32(bound(seats, 1, 10));
        vm.expectEmit(address(court));
        emit IPanelCourt.Retired(escrow, arbiter, seats, NOW + 14 days);
        retire(arbiter, seats);
        vm.assertEq(court.poolOf(escrow).weight, 10 - seats);
        refuses(arbiter, abi.encodeCall(IPanelCourt.takeBond, (escrow)), after14Days(NOW));

        vm.warp(NOW + 14 days + 1);
        vm.expectEmit(address(court));
        emit IPanelCourt.BondReturned(escrow, arbiter, seats);
        vm.prank(arbiter);
        court.takeBond(escrow);
        vm.assertEq(btrst.balanceOf(arbiter), seats * SEAT);
        vm.assertEq(btrst.balanceOf(address(court)), (10 - seats) * SEAT);
        refusesSeats(abi.encodeCall(IPanelCourt.takeBond, (escrow)), 0, 0);
    }

    function test_retire_addsToTheLeavingAndRestartsTheTime() public {
        enlist(arbiter, 10);
        retire(arbiter, 3);
        vm.warp(NOW + 10 days);
        retire(arbiter, 4);
        (, IPanelCourt.Leaving memory leaving) = court.arbiterOf(escrow, arbiter);
        vm.assertEq(leaving.seats, 7);
        vm.warp(NOW + 15 days);
        refuses(arbiter, abi.encodeCall(IPanelCourt.takeBond, (escrow)), after14Days(NOW + 10 days));
    }

    function test_retire_refusesWhatIsNotFree() public {
        refusesSeats(abi.encodeCall(IPanelCourt.retire, (escrow, 1)), 1, 0);
        enlist(3, 2);
        refusesSeats(abi.encodeCall(IPanelCourt.retire, (escrow, 0)), 0, 2);
        refusesSeats(abi.encodeCall(IPanelCourt.retire, (escrow, 3)), 3, 2);
    }

    /// A seat in a case holds its part of the bond, and only that, until the case is concluded.
    function test_retire_leavesTheLockedSeat() public {
        enlist(3, 2);
        (bytes32 caseId,) = panelled();
        vm.assertEq(lockedOf(arbiter), 1);
        refusesSeats(abi.encodeCall(IPanelCourt.retire, (escrow, 2)), 2, 1);
        retire(arbiter, 1);
        refusesSeats(abi.encodeCall(IPanelCourt.retire, (escrow, 1)), 1, 0);

        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        court.conclude(caseId);
        retire(arbiter, 1);
        vm.assertEq(bondedOf(arbiter), 0);
        vm.assertEq(court.poolOf(escrow).weight, 4);
    }

    function test_enlist_worksAgainAfterLeaving() public {
        enlist(arbiter, 1);
        retire(arbiter, 1);
        enlist(arbiter, 2);
        vm.assertEq(bondedOf(arbiter), 2);
        vm.assertEq(court.poolOf(escrow).arbiters, 1);
    }

    function test_withdraw_refusesWithoutCreditAndToNowhere() public {
        bytes memory nothing = abi.encodeWithSelector(IPanelCourt.NothingCredited.selector, stranger, address(btrst));
        refuses(stranger, abi.encodeCall(IPanelCourt.withdraw, (address(btrst), stranger)), nothing);
        enlist(3, 1);
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        court.conclude(caseId);
        address[3] memory lost = [address(0), address(token), address(court)];
        for (uint256 i = 0; i < lost.length; ++i) {
            refuses(
                arbiters[0],
                abi.encodeCall(IPanelCourt.withdraw, (address(token), lost[i])),
                abi.encodeWithSelector(IPanelCourt.RecipientInvalid.selector, lost[i])
            );
        }
        uint256 amount = credit(arbiters[0]);
        vm.expectEmit(address(court));
        emit IPanelCourt.CreditWithdrawn(arbiters[0], address(token), stranger, amount);
        vm.prank(arbiters[0]);
        court.withdraw(address(token), stranger);
        vm.assertEq(token.balanceOf(stranger), type(uint128).max + amount);
        vm.assertEq(credit(arbiters[0]), 0);
        nothing = abi.encodeWithSelector(IPanelCourt.NothingCredited.selector, arbiters[0], address(token));
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.withdraw, (address(token), stranger)), nothing);
    }

    function refusesSeats(bytes memory data, uint256 seats, uint256 max) private {
        refuses(arbiter, data, abi.encodeWithSelector(IPanelCourt.SeatsOutOfRange.selector, seats, max));
    }

    function after14Days(uint256 since) private pure returns (bytes memory) {
        return tooEarly(since + 14 days);
    }
}
