// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {Vm} from "./utils/Base.sol";
import {Dollar} from "./utils/Tokens.sol";

contract FeesTest is AgreementTest {
    function test_sweepFees_paysTheReceiver(address caller) public {
        releaseAll(termsOf(2));
        vm.expectEmit(address(agreements));
        emit IWorkTypes.FeesSwept(address(token), feeReceiver, 2 * feeOn(PAY), 1, 2);
        vm.prank(caller);
        agreements.sweepFees(address(token));
        vm.assertEq(token.balanceOf(feeReceiver), 2 * feeOn(PAY));
        assertFees(0, 2);
    }

    function test_sweepFees_paysTheReceiverOfTheMoment() public {
        releaseAll(termsOf(1));
        IPolicy.Parameters memory next = parameters();
        next.feeReceiver = address(0xFEE2);
        publish(next);
        agreements.sweepFees(address(token));
        vm.assertEq(token.balanceOf(address(0xFEE2)), feeOn(PAY));
        vm.assertEq(token.balanceOf(feeReceiver), 0);
    }

    /// A policy that names the escrow or the token as receiver loses nothing: the fees wait for a better one.
    function test_sweepFees_refusesReceiversThatLoseMoney() public {
        releaseAll(termsOf(1));
        address[2] memory lost = [address(token), address(agreements)];
        for (uint256 i = 0; i < lost.length; ++i) {
            IPolicy.Parameters memory next = parameters();
            next.feeReceiver = lost[i];
            publish(next);
            vm.expectRevert(abi.encodeWithSelector(IWorkTypes.RecipientInvalid.selector, lost[i]));
            agreements.sweepFees(address(token));
        }
        publish(parameters());
        agreements.sweepFees(address(token));
        vm.assertEq(token.balanceOf(feeReceiver), feeOn(PAY));
    }

    function test_sweepFees_numbersWithoutGaps() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        releaseAll(terms);
        agreements.sweepFees(address(token));
        terms.nonce = 8;
        releaseAll(terms);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.FeesSwept(address(token), feeReceiver, 3 * feeOn(PAY), 4, 6);
        agreements.sweepFees(address(token));
        assertFees(0, 6);
    }

    function test_sweepFees_refusesNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NothingToSweep.selector, address(token)));
        agreements.sweepFees(address(token));
        releaseAll(termsOf(1));
        agreements.sweepFees(address(token));
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NothingToSweep.selector, address(token)));
        agreements.sweepFees(address(token));
    }

    function test_fees_countPerToken() public {
        releaseAll(termsOf(2));
        useToken(new Dollar());
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.nonce = 8;
        releaseAll(terms);
        assertFees(feeOn(PAY), 1);
    }

    /// A fee that rounds to nothing gets no number.
    function test_release_numbersOnlyKeptFees(uint128 amount) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.amounts[0] = uint128(bound(amount, 1, 20));
        releaseAll(terms);
        uint256 fee = feeOn(terms.amounts[0]);
        assertFees(fee, fee == 0 ? 0 : 1);
    }

    function test_noFee_holdsOnlyTheSum() public {
        setFee(0);
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.feeBps = 0;
        fund(terms, 1);
        vm.assertEq(held(), PAY);
        release(terms, 0, PAY);
        vm.assertEq(held(), 0);
        assertFees(0, 0);
    }

    function test_noOrigin_nothingIsShared() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.recordLogs();
        release(terms, 0, PAY);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            vm.assertTrue(logs[i].topics[0] != IWorkTypes.FeeShared.selector, "shared");
        }
    }

    /// The widest sums a slot can meet: the largest milestones, the highest fee.
    function test_fees_fitTheirSlot() public {
        setFee(2000);
        IWorkTypes.Terms memory terms = termsOf(32);
        terms.feeBps = 2000;
        for (uint256 i = 0; i < 32; ++i) {
            terms.amounts[i] = type(uint128).max;
        }
        releaseAll(terms);
        assertFees(32 * (uint256(type(uint128).max) * 2000 / 10_000), 32);
    }

    function releaseAll(IWorkTypes.Terms memory terms) private {
        fund(terms, terms.amounts.length);
        for (uint256 i = 0; i < terms.amounts.length; ++i) {
            release(terms, i, terms.amounts[i]);
        }
    }

    function assertFees(uint256 amount, uint256 lastSerial) private view {
        (uint256 kept, uint256 last) = agreements.feesOf(address(token));
        vm.assertEq(kept, amount);
        vm.assertEq(last, lastSerial);
    }
}
