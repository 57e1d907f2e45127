// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice The talent's nonces: one agreement each, or none.
contract NoncesTest is AgreementTest {
    function test_burnNonce_killsEveryOfferOnIt(uint256 nonce, uint256 other) public {
        if (other == nonce) other = nonce ^ 1;
        vm.expectEmit(address(agreements));
        emit IWorkTypes.NonceBurned(keccak256(abi.encode(talent, nonce)), talent, nonce);
        vm.prank(talent);
        agreements.burnNonce(nonce);

        vm.assertTrue(agreements.isNonceSpent(talent, nonce));
        vm.assertTrue(!agreements.isNonceSpent(talent, other));
        vm.assertTrue(!agreements.isNonceSpent(employer, nonce));
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.nonce = nonce;
        refuseFunding(terms, 1, abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, talent, nonce));
        terms.nonce = other;
        fund(terms, 1);
    }

    /// Nonces share words of 256: spending one leaves its neighbours as they are.
    function test_nonces_areSpentOneByOne(uint256 first, uint8 distance) public {
        uint256 second = first ^ bound(distance, 1, 255);
        vm.prank(talent);
        agreements.burnNonce(first);
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.nonce = second;
        fund(terms, 1);
        vm.assertTrue(agreements.isNonceSpent(talent, first));
        vm.assertTrue(agreements.isNonceSpent(talent, second));
        terms.nonce = first;
        refuseFunding(terms, 1, abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, talent, first));
    }

    function test_burnNonce_refusesASpentOne(uint256 nonce) public {
        vm.prank(talent);
        agreements.burnNonce(nonce);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, talent, nonce));
        vm.prank(talent);
        agreements.burnNonce(nonce);
    }

    function refuseFunding(IWorkTypes.Terms memory terms, uint256 count, bytes memory refusal) private {
        bytes memory signature = signed(terms);
        vm.expectRevert(refusal);
        vm.prank(employer);
        agreements.fund(terms, signature, count);
    }
}
