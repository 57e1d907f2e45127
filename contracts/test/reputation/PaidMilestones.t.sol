// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {ReputationTest} from "./utils/ReputationTest.sol";

/// @notice The escrow's state counts the milestones that paid: the upper six bits of its flags, which nothing else moves.
contract PaidMilestonesTest is ReputationTest {
    function test_flags_countWhatPaidAndNothingElse(uint32 pattern) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        bytes32 agreement = fund(terms, 32);
        uint256 paid;
        for (uint256 i = 0; i < 32; ++i) {
            bool pays = pattern >> i & 1 == 1;
            accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, i)));
            if (pays) release(terms, i, 1);
            else refund(terms, i);
            if (pays) ++paid;
            vm.assertEq(agreements.stateOf(agreement).flags, paid * 4);
        }
        assertState(agreement, IWorkTypes.Phase.Ended, 32, 32);
    }

    /// The most there can be, beside both flags: a byte holds it.
    function test_flags_hold32PaidMilestones() public {
        IWorkTypes.Terms memory terms = termsOf(32);
        bytes32 agreement = fund(terms, 32);
        vm.prank(manager);
        agreements.releaseMany(terms, 0, 31);
        accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 31)));
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (terms, 31)));
        vm.assertEq(agreements.stateOf(agreement).flags, 31 * 4 + 2 + 1);
        release(terms, 31, PAY);
        vm.assertEq(agreements.stateOf(agreement).flags, 32 * 4 + 2);
        assertState(agreement, IWorkTypes.Phase.Ended, 32, 32);
    }

    function test_flags_theCountOutlivesAmendmentsEndsAndReclaims() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 3);
        release(terms, 0, 1);
        IWorkTypes.Terms memory next = amend(terms);
        vm.assertEq(agreements.stateOf(agreements.hashTerms(next)).flags, 4);
        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (next, PAY)));
        accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (next, stranger)));
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (next, 1)));
        vm.assertEq(agreements.stateOf(agreements.hashTerms(next)).flags, 4 + 2);
        vm.warp(NOW + WORK + 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.reclaim, (next, 1)));
        vm.assertEq(agreements.stateOf(agreements.hashTerms(next)).flags, 4 + 2);
        vm.assertEq(claim(next), tokenOf(next));
    }
}
