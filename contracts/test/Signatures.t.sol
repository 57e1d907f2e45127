// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {TypedData} from "./utils/TypedData.sol";
import {RevertingWallet, Wallet} from "./utils/Wallets.sol";

contract SignaturesTest is TypedData {
    /// Against an EIP-712 implementation that is not ours.
    function test_hashTerms_isTheTypedDataHash(IWorkTypes.Terms memory terms) public view {
        vm.assertEq(agreements.hashTerms(terms), vm.eip712HashTypedData(typedData(terms)));
    }

    function test_hashTerms_changesWithEveryWord(uint256 word, uint256 bit) public view {
        bytes memory data = abi.encodeCall(IWorkAgreements.hashTerms, (termsOf(2)));
        word = bound(word, 0, 20);
        // Head words from the selector and the struct's offset on; the lowest 8 bits are valid in every type.
        uint256 position = 4 + 32 + 32 * word + 31;
        data[position] = bytes1(uint8(data[position]) ^ uint8(1 << (bit % 8)));
        (, bytes memory answer) = address(agreements).staticcall(data);
        vm.assertTrue(abi.decode(answer, (bytes32)) != agreements.hashTerms(termsOf(2)));
    }

    /// Words that are wider than their type name no agreement, not even signed as they stand.
    function test_fund_refusesDirtyWords(uint256 word) public {
        uint256[18] memory narrow = [uint256(3), 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 24, 26];
        word = narrow[bound(word, 0, 17)];
        bytes memory hashCall = abi.encodeCall(IWorkAgreements.hashTerms, (termsOf(1)));
        hashCall[4 + 32 + 32 * word] = 0x01;
        (bool hashed, bytes memory digest) = address(agreements).staticcall(hashCall);
        vm.assertTrue(hashed);

        bytes memory signature = signedBy(TALENT_KEY, abi.decode(digest, (bytes32)));
        bytes memory fundCall = abi.encodeCall(IWorkAgreements.fund, (termsOf(1), signature, 1));
        fundCall[4 + 3 * 32 + 32 * word] = 0x01;
        vm.prank(employer);
        (bool funded, bytes memory answer) = address(agreements).call(fundCall);
        vm.assertTrue(!funded);
        vm.assertEq(answer.length, 0);
    }

    function test_fund_refusesAnotherSigner(uint256 key) public {
        key = bound(key, 1, ORDER - 1);
        if (key == TALENT_KEY) key = 1;
        refusesFunding(termsOf(1), signedBy(key, agreements.hashTerms(termsOf(1))));
    }

    function test_fund_refusesOtherTerms(uint256 difference) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory signature = signed(terms);
        terms.documents ^= bytes32(bound(difference, 1, type(uint256).max));
        refusesFunding(terms, signature);
    }

    function test_fund_refusesAnotherContractsTerms() public {
        WorkAgreements other = new WorkAgreements(policy);
        refusesFunding(termsOf(1), signedBy(TALENT_KEY, other.hashTerms(termsOf(1))));
    }

    function test_fund_refusesTermsOfAnotherChain(uint64 chain) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        chain = uint64(bound(chain, 1, type(uint64).max / 2));
        if (chain == block.chainid) chain += 1;
        bytes32 foreign = foreignHash(terms, chain);
        vm.assertTrue(foreign != agreements.hashTerms(terms));
        refusesFunding(terms, signedBy(TALENT_KEY, foreign));
    }

    /// A chain split with a new id: nothing new enters, everything inside still leaves under its old name.
    function test_chainSplit_keepsExitsOnly(uint64 chain) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 2);
        chain = uint64(bound(chain, 1, type(uint64).max / 2));
        vm.chainId(chain == block.chainid ? chain + 1 : chain);

        vm.assertEq(agreements.hashTerms(terms), agreement);
        release(terms, 0, PAY);
        refund(terms, 1);
        assertState(agreement, IWorkTypes.Phase.Ended, 2, 2);
        terms.nonce = 8;
        refusesFunding(terms, signed(terms));
    }

    function test_fund_refusesHighS() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        refusesFunding(terms, twinOf(TALENT_KEY, agreements.hashTerms(terms)));
    }

    function test_fund_refusesMalformedSignatures(bytes calldata signature) public {
        refusesFunding(termsOf(1), signature.length == 65 ? signature[1:] : signature);
    }

    function test_fund_refusesZeroSignature() public {
        refusesFunding(termsOf(1), new bytes(65));
        refusesFunding(termsOf(1), abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
    }

    function test_fund_acceptsAContractWallet(bytes32 secret) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.talent = address(new Wallet(secret));
        vm.prank(employer);
        agreements.fund(terms, abi.encode(secret), 1);
        vm.assertTrue(agreements.isNonceSpent(terms.talent, terms.nonce));
    }

    function test_fund_refusesWhatAContractWalletRefuses(bytes32 secret) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.talent = address(new Wallet(secret));
        refusesFunding(terms, abi.encode(~secret));
        terms.talent = address(new RevertingWallet());
        refusesFunding(terms, abi.encode(secret));
        terms.talent = address(token);
        refusesFunding(terms, abi.encode(secret));
    }

    /// EIP-7702: an account whose key delegated to code still signs with its key.
    function test_fund_acceptsAKeyWithDelegatedCode() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        vm.etch(talent, address(new RevertingWallet()).code);
        fund(terms, 1);
        vm.assertTrue(agreements.isNonceSpent(talent, terms.nonce));
    }

    function refusesFunding(IWorkTypes.Terms memory terms, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NotSigned.selector, terms.talent));
        vm.prank(employer);
        agreements.fund(terms, signature, 1);
        vm.assertTrue(!agreements.isNonceSpent(terms.talent, terms.nonce));
    }

    function foreignHash(IWorkTypes.Terms memory terms, uint256 chain) private returns (bytes32 digest) {
        uint256 here = block.chainid;
        vm.chainId(chain);
        digest = vm.eip712HashTypedData(typedData(terms));
        vm.chainId(here);
    }
}
