// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice Property "pinned": no policy change alters a funded agreement, because nothing after first funding reads it.
contract PinnedTest is AgreementTest {
    function test_pinned_everyMoveWorksWithoutAPolicy(bool delivers, uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(4);
        fund(terms, 1);
        vm.etch(address(policy), hex"fe");

        vm.prank(employer);
        agreements.fundMore(terms, 3);
        if (delivers) submit(terms, 0, PAY / 2);
        pay = bound(pay, PAY / 2, PAY);
        release(terms, 0, pay);
        vm.assertEq(token.balanceOf(payout), pay);
        refund(terms, 1);
        submit(terms, 2, PAY);
        vm.warp(block.timestamp + REVIEW + 1);
        agreements.settle(terms, 2);
        vm.assertEq(token.balanceOf(payout), pay + PAY);
        _endsWithoutAPolicy(terms);
    }

    function _endsWithoutAPolicy(IWorkTypes.Terms memory terms) private {
        vm.assertTrue(agreements.exitBound(terms) > 0);
        vm.warp(block.timestamp + WORK + REVIEW + 1);
        agreements.reclaim(terms, 3);
        vm.prank(talent);
        agreements.burnNonce(8);
        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(held(), fees);
    }

    /// Disputes, changes, amendments, tips and ends ask no policy either.
    function test_pinned_changesWorkWithoutAPolicy() public {
        IWorkTypes.Terms memory terms = termsOf(4);
        fund(terms, 3);
        vm.etch(address(policy), hex"fe");

        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, PAY)));
        accepts(employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)));
        accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
        accepts(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        submit(terms, 0, PAY);
        requestChanges(terms, 0);
        submit(terms, 0, PAY);
        dispute(terms, 0);
        accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)));
        accepts(payout, abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms)));
        vm.warp(NOW + CASE + 1);
        agreements.resolve(terms, 0);
        terms = amend(terms);
        accepts(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 1, 1)));
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (terms, 2)));
        release(terms, 2, PAY);
        (uint256 fees,) = agreements.feesOf(address(token));
        vm.assertEq(held(), fees);
    }

    function amend(IWorkTypes.Terms memory terms) private returns (IWorkTypes.Terms memory next) {
        next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
        next.previous = agreements.hashTerms(terms);
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.amend, (terms, next, 0, ""));
        uint256 expiry = block.timestamp;
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, expiry, unsigned));
        accepts(employer, abi.encodeCall(IWorkAgreements.amend, (terms, next, expiry, consent)));
    }

    function test_pinned_creditsLeaveWithoutAPolicy() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        bytes memory code = address(token).code;
        vm.etch(address(token), "");
        release(terms, 0, PAY);
        vm.etch(address(token), code);
        vm.etch(address(policy), hex"fe");
        vm.prank(talent);
        agreements.withdraw(address(token), stranger);
        vm.assertEq(token.balanceOf(stranger), PAY);
    }

    /// A new fee, tighter windows, a delisting: a funded agreement pays what it would have paid.
    function test_pinned_sumsStayThoseOfTheTerms(uint16 feeBps, uint256 later, bool delisted) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 1);
        IPolicy.Parameters memory next = parameters();
        (next.feeBps, next.reviewWindowMin, next.reviewWindowMax) = (uint16(bound(feeBps, 0, 2000)), 80 days, 90 days);
        publish(next);
        if (delisted) delist(address(token));
        vm.warp(NOW + bound(later, 0, 365 days));
        vm.prank(employer);
        agreements.fundMore(terms, 1);
        vm.assertEq(held(), 2 * (PAY + feeOn(PAY)));
        release(terms, 0, PAY);
        submit(terms, 1, PAY);
        vm.warp(block.timestamp + REVIEW + 1);
        agreements.settle(terms, 1);
        vm.assertEq(token.balanceOf(payout), 2 * PAY);
        vm.assertEq(held(), 2 * feeOn(PAY));
    }
}
