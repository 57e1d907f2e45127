// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {BlacklistToken} from "./utils/Tokens.sol";
import {TypedData} from "./utils/TypedData.sol";
import {Wallet} from "./utils/Wallets.sol";

/// @notice Every call but funding on somebody's signed word: anyone relays it, nobody alters it, it works once.
contract SignedCallsTest is TypedData {
    uint256 private constant EXPIRY = NOW + 100 days;
    uint256 private constant CALLS = 15;

    /// @notice A call that is due, who has to sign it, and its form as a wallet shows it.
    struct Due {
        IWorkTypes.Terms terms;
        bytes call;
        uint256 key;
        string name;
        string fields; // "type name," of the arguments
        string values; // JSON of the arguments
    }

    /// The forms are those of the interface's documentation, word for word.
    function test_hashCall_isTheTypedDataHash(uint256 which) public {
        Due memory due = prepare(bound(which, 0, CALLS - 1));
        bytes32 agreement = agreements.hashTerms(due.terms);
        string memory types = string.concat(
            quoted(due.name),
            ":[",
            fieldList(string.concat("bytes32 agreement,bytes32 state,", due.fields, "uint256 expiry")),
            "]"
        );
        if (bytes4(due.call) == IWorkAgreements.amend.selector) {
            types = string.concat(types, ',"Terms":[', termsFields(), "]");
        }
        string memory values = string.concat(
            '"agreement":',
            quoted(vm.toString(agreement)),
            ',"state":',
            quoted(vm.toString(agreements.stateWord(agreement))),
            ",",
            due.values,
            '"expiry":',
            quoted(vm.toString(EXPIRY))
        );
        vm.assertEq(
            agreements.hashCall(vm.addr(due.key), EXPIRY, due.call),
            vm.eip712HashTypedData(document(due.name, types, values))
        );
    }

    function test_callBySignature_doesWhatTheSignerWouldDo(uint256 which, address relayer) public {
        Due memory due = prepare(bound(which, 0, CALLS - 1));
        bytes32 agreement = agreements.hashTerms(due.terms);
        bytes memory relayed = relay(due, due.key);
        uint256 snapshot = vm.snapshotState();
        accepts(vm.addr(due.key), due.call);
        (bytes32 state, uint256 balance) = (agreements.stateWord(agreement), held());
        vm.revertToState(snapshot);

        accepts(relayer == address(vm) ? stranger : relayer, relayed);
        vm.assertEq(agreements.stateWord(agreement), state);
        vm.assertEq(held(), balance);
    }

    /// Single use without a nonce: what it did is a new state, and the signature is bound to the old one.
    function test_callBySignature_worksOnce(uint256 which) public {
        which = bound(which, 0, CALLS - 1);
        Due memory due = prepare(which);
        bytes memory relayed = relay(due, due.key);
        accepts(stranger, relayed);
        if (which == 1) vm.warp(block.timestamp + 1);
        if (which == 1) accepts(employer, due.call);
        refuses(stranger, relayed, notSigned(vm.addr(due.key)));
    }

    /// `extend` a second time in the same second writes what stands there.
    function test_callBySignature_extendTwiceChangesNothing() public {
        Due memory due = prepare(1);
        bytes32 agreement = agreements.hashTerms(due.terms);
        accepts(stranger, relay(due, due.key));
        bytes32 state = agreements.stateWord(agreement);
        (bool done,) = sent(stranger, relay(due, due.key));
        vm.assertTrue(done);
        vm.assertEq(agreements.stateWord(agreement), state);
    }

    function test_callBySignature_refusesAnotherSigner(uint256 which, uint256 key) public {
        Due memory due = prepare(bound(which, 0, CALLS - 1));
        key = bound(key, 1, type(uint128).max);
        if (key == due.key) key += 1;
        bytes memory signature = signedBy(key, agreements.hashCall(vm.addr(due.key), EXPIRY, due.call));
        refuses(stranger, relayCall(vm.addr(due.key), EXPIRY, due.call, signature), notSigned(vm.addr(due.key)));
    }

    /// A signature makes nobody a party.
    function test_callBySignature_refusesWhoIsNotEntitled(uint256 which, uint256 key) public {
        which = bound(which, 0, CALLS - 1);
        Due memory due = prepare(which);
        key = bound(key, 1, type(uint64).max);
        if (key == TALENT_KEY || key == EMPLOYER_KEY || key == MANAGER_KEY) key = 1;
        if (which == 8) refuses(stranger, relay(due, key), tooEarly(NOW + WORK + REVIEW));
        else refuses(stranger, relay(due, key), unauthorized(vm.addr(key)));
    }

    /// Whatever a relayer changes in the arguments, the signature is of something else.
    function test_callBySignature_refusesAlteredArguments(uint256 which, uint256 word, uint8 difference) public {
        Due memory due = prepare(bound(which, 0, CALLS - 2));
        bytes memory signature = signedBy(due.key, agreements.hashCall(vm.addr(due.key), EXPIRY, due.call));
        uint256 shown = vm.split(due.fields, ",").length - 1;
        if (bytes4(due.call) == IWorkAgreements.amend.selector) shown = 0;
        alter(due.call, shown == 0 ? 8 : bound(word, 1, shown), difference);
        (bool done,) = sent(stranger, relayCall(vm.addr(due.key), EXPIRY, due.call, signature));
        vm.assertTrue(!done);
    }

    function test_callBySignature_refusesAnotherExpiryOrNone(uint256 which, uint256 expiry) public {
        Due memory due = prepare(bound(which, 0, CALLS - 1));
        address signer = vm.addr(due.key);
        bytes memory signature = signedBy(due.key, agreements.hashCall(signer, EXPIRY, due.call));
        if (expiry == EXPIRY || expiry < block.timestamp) expiry = EXPIRY + 1;
        refuses(stranger, relayCall(signer, expiry, due.call, signature), notSigned(signer));
        vm.warp(EXPIRY + 1);
        bytes memory expired = abi.encodeWithSelector(IWorkTypes.SignatureExpired.selector, EXPIRY);
        refuses(stranger, relayCall(signer, EXPIRY, due.call, signature), expired);
    }

    /// A split-off chain keeps the exits that parties make themselves, and no signature of the chain of birth.
    function test_callBySignature_refusesASplitOffChain(uint64 chain) public {
        Due memory due = prepare(5);
        bytes memory relayed = relay(due, due.key);
        vm.chainId(bound(chain, 1, type(uint64).max / 2) + block.chainid);
        refuses(stranger, relayed, notSigned(manager));
        accepts(manager, due.call);
    }

    function test_callBySignature_refusesAnotherContractsForm() public {
        Due memory due = prepare(5);
        WorkAgreements other = new WorkAgreements(policy);
        bytes memory signature = signedBy(due.key, other.hashCall(manager, EXPIRY, due.call));
        refuses(stranger, relayCall(manager, EXPIRY, due.call, signature), notSigned(manager));
    }

    function test_callBySignature_acceptsAContractWallet(bytes32 secret) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.talent = address(new Wallet(secret));
        vm.prank(employer);
        agreements.fund(terms, abi.encode(secret), 1);
        bytes memory call = abi.encodeCall(IWorkAgreements.submit, (terms, 0, PAY, EVIDENCE));
        refuses(stranger, relayCall(terms.talent, EXPIRY, call, abi.encode(~secret)), notSigned(terms.talent));
        accepts(stranger, relayCall(terms.talent, EXPIRY, call, abi.encode(secret)));
        assertState(agreements.hashTerms(terms), IWorkTypes.Phase.Submitted, 0, 1);
    }

    /// Where two may call, the word of either is enough: the manager extends, the employer ends what is idle.
    function test_callBySignature_isAnyEntitledPartys() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        vm.warp(NOW + 1);
        Due memory due = Due(terms, abi.encodeCall(IWorkAgreements.extend, (terms, 0)), MANAGER_KEY, "", "", "");
        accepts(stranger, relay(due, due.key));
        vm.assertEq(agreements.stateOf(agreement).since, NOW + 1);
        release(terms, 0, PAY);
        (due.call, due.key) = (abi.encodeCall(IWorkAgreements.end, (terms, 1)), EMPLOYER_KEY);
        accepts(stranger, relay(due, due.key));
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    /// Only the employer's own call takes the employer's money; what anyone may call needs no signature.
    function test_callBySignature_refusesWhatIsNotSignable() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes[8] memory calls = [
            abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1)),
            abi.encodeCall(IWorkAgreements.fundMore, (terms, 1)),
            abi.encodeCall(IWorkAgreements.tip, (terms, 1)),
            abi.encodeCall(IWorkAgreements.settle, (terms, 0)),
            abi.encodeCall(IWorkAgreements.resolve, (terms, 0)),
            abi.encodeCall(IWorkAgreements.sweepFees, (address(token))),
            abi.encodeCall(IWorkAgreements.withPermit, (address(token), 0, 0, 0, 0, 0, "")),
            relayCall(employer, EXPIRY, "", "")
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory answer) = sent(stranger, relayCall(employer, EXPIRY, calls[i], ""));
            vm.assertTrue(!done);
            if (i > 4) continue; // no terms where terms are looked for: refused before the selector is
            vm.assertEq(
                keccak256(answer),
                keccak256(abi.encodeWithSelector(IWorkTypes.CallNotSignable.selector, bytes4(calls[i])))
            );
        }
    }

    /// A call cut short is read on behind its end for the form, and fails when it is made.
    function test_callBySignature_refusesCutCalls(uint256 which, uint256 length) public {
        Due memory due = prepare(bound(which, 0, CALLS - 1));
        bytes memory cut = due.call;
        length = bound(length, 0, cut.length - 33);
        assembly ("memory-safe") {
            mstore(cut, length)
        }
        (bool hashed, bytes memory digest) =
            address(agreements).staticcall(abi.encodeCall(IWorkAgreements.hashCall, (talent, EXPIRY, cut)));
        bytes memory signature = hashed ? signedBy(due.key, abi.decode(digest, (bytes32))) : bytes("");
        (bool done,) = sent(stranger, relayCall(vm.addr(due.key), EXPIRY, cut, signature));
        vm.assertTrue(!done);
    }

    /// Nobody signs for the zero address: an invalid signature recovers to it.
    function test_callBySignature_refusesTheZeroSigner(bytes32 r, bytes32 s) public {
        bytes memory call = abi.encodeCall(IWorkAgreements.burnNonce, (1));
        refuses(stranger, relayCall(address(0), EXPIRY, call, abi.encodePacked(r, s, uint8(1))), notSigned(address(0)));
        refuses(stranger, relayCall(address(0), EXPIRY, call, ""), notSigned(address(0)));
    }

    function test_burnNonce_bySignature(uint256 nonce) public {
        bytes memory call = abi.encodeCall(IWorkAgreements.burnNonce, (nonce));
        bytes32 digest = agreements.hashCall(talent, EXPIRY, call);
        string memory types = string.concat('"BurnNonce":[', fieldList("uint256 nonce,uint256 expiry"), "]");
        string memory values =
            string.concat('"nonce":', quoted(vm.toString(nonce)), ',"expiry":', quoted(vm.toString(EXPIRY)));
        vm.assertEq(digest, vm.eip712HashTypedData(document("BurnNonce", types, values)));

        bytes memory relayed = relayCall(talent, EXPIRY, call, signedBy(TALENT_KEY, digest));
        accepts(stranger, relayed);
        vm.assertTrue(agreements.isNonceSpent(talent, nonce));
        refuses(stranger, relayed, abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, talent, nonce));
    }

    /// A second credit of the same sum is another one: the count is in the form.
    function test_withdraw_bySignature() public {
        BlacklistToken book = new BlacklistToken();
        useToken(book);
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        book.refuse(payout, true);
        release(terms, 0, PAY);
        bytes memory call = abi.encodeCall(IWorkAgreements.withdraw, (address(token), stranger));
        bytes32 digest = agreements.hashCall(talent, EXPIRY, call);
        string memory types = string.concat(
            '"Withdraw":[', fieldList("address token,address to,uint256 amount,uint256 withdrawals,uint256 expiry"), "]"
        );
        string memory values = string.concat(
            '"token":', quoted(vm.toString(address(token))), ',"to":', quoted(vm.toString(stranger)), ',"amount":'
        );
        values = string.concat(
            values, quoted(vm.toString(uint256(PAY))), ',"withdrawals":"0","expiry":', quoted(vm.toString(EXPIRY))
        );
        vm.assertEq(digest, vm.eip712HashTypedData(document("Withdraw", types, values)));

        bytes memory relayed = relayCall(talent, EXPIRY, call, signedBy(TALENT_KEY, digest));
        accepts(manager, relayed);
        vm.assertEq(token.balanceOf(stranger), PAY);
        release(terms, 1, PAY);
        vm.assertEq(credit(talent, address(token)), PAY);
        refuses(manager, relayed, notSigned(talent));
    }

    // ------------------------------------------------------------------------------------------------- the calls

    function prepare(uint256 which) private returns (Due memory due) {
        due = which < 5 ? working(which) : which < 11 ? closing(which) : changing(which);
        due.terms = due.terms.talent == address(0) ? termsOf(3) : due.terms;
    }

    function working(uint256 which) private returns (Due memory due) {
        IWorkTypes.Terms memory terms = due.terms = termsOf(3);
        fund(terms, 2);
        (due.key, due.fields, due.values) = (TALENT_KEY, "uint256 milestone,", '"milestone":"0",');
        if (which == 0) {
            (due.name, due.call) = ("Submit", abi.encodeCall(IWorkAgreements.submit, (terms, 0, PAY, EVIDENCE)));
            due.fields = "uint256 milestone,uint256 claimed,bytes32 evidence,";
            due.values = string.concat(due.values, '"claimed":"1000000000","evidence":');
            due.values = string.concat(due.values, quoted(vm.toString(EVIDENCE)), ",");
        }
        if (which == 1) {
            vm.warp(NOW + 1);
            (due.name, due.call) = ("Extend", abi.encodeCall(IWorkAgreements.extend, (terms, 0)));
            due.key = EMPLOYER_KEY;
        }
        if (which == 2) {
            (due.name, due.call) = ("AskToCancel", abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
            due.key = EMPLOYER_KEY;
        }
        if (which == 3) {
            accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
            (due.name, due.call) = ("Keep", abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        }
        if (which == 4) {
            submit(terms, 0, PAY);
            due.name = "RequestChanges";
            due.call = abi.encodeCall(IWorkAgreements.requestChanges, (terms, 0, REASONS));
            (due.key, due.fields) = (MANAGER_KEY, "uint256 milestone,bytes32 reasons,");
            due.values = string.concat(due.values, '"reasons":', quoted(vm.toString(REASONS)), ",");
        }
    }

    function closing(uint256 which) private returns (Due memory due) {
        IWorkTypes.Terms memory terms = due.terms = termsOf(3);
        fund(terms, 2);
        (due.key, due.fields, due.values) = (MANAGER_KEY, "uint256 milestone,", '"milestone":"0",');
        if (which == 5) {
            (due.name, due.call) = ("Release", abi.encodeCall(IWorkAgreements.release, (terms, 0, 3)));
            (due.fields, due.values) = ("uint256 milestone,uint256 pay,", '"milestone":"0","pay":"3",');
        }
        if (which == 6) {
            (due.name, due.call) = ("ReleaseMany", abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, 2)));
            (due.fields, due.values) = ("uint256 milestone,uint256 count,", '"milestone":"0","count":"2",');
        }
        if (which == 7) {
            (due.name, due.call) = ("Refund", abi.encodeCall(IWorkAgreements.refund, (terms, 0)));
            due.key = TALENT_KEY;
        }
        if (which == 8) {
            vm.warp(NOW + WORK + 1);
            (due.name, due.call) = ("Reclaim", abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)));
            due.key = EMPLOYER_KEY;
        }
        if (which == 9) {
            due.name = "Agree";
            due.call = abi.encodeCall(IWorkAgreements.agree, (terms, 0, 7, EXPIRY, ""));
            bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, EXPIRY, due.call));
            due.call = abi.encodeCall(IWorkAgreements.agree, (terms, 0, 7, EXPIRY, consent));
            (due.fields, due.values) = ("uint256 milestone,uint256 talentBps,", '"milestone":"0","talentBps":"7",');
            due.key = EMPLOYER_KEY;
        }
        if (which == 10) {
            submit(terms, 0, PAY);
            due.name = "Dispute";
            due.call = abi.encodeCall(IWorkAgreements.dispute, (terms, 0, 9, PAY));
            due.fields = "uint256 milestone,uint256 employerBps,uint256 costMax,";
            due.values = '"milestone":"0","employerBps":"9","costMax":"1000000000",';
        }
    }

    function changing(uint256 which) private returns (Due memory due) {
        IWorkTypes.Terms memory terms = due.terms = termsOf(3);
        fund(terms, 2);
        due.key = TALENT_KEY;
        if (which == 11) {
            (due.name, due.call) = ("End", abi.encodeCall(IWorkAgreements.end, (terms, 0)));
            (due.fields, due.values) = ("uint256 milestone,", '"milestone":"0",');
        }
        if (which == 12) {
            (due.name, due.call) = ("MovePayout", abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)));
            (due.fields, due.values) = ("address to,", string.concat('"to":', quoted(vm.toString(stranger)), ","));
        }
        if (which == 13) {
            accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)));
            (due.name, due.call) = ("CancelPayoutMove", abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms)));
        }
        if (which == 14) {
            IWorkTypes.Terms memory next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
            next.previous = agreements.hashTerms(terms);
            due.name = "Amend";
            due.call = abi.encodeCall(IWorkAgreements.amend, (terms, next, EXPIRY, ""));
            bytes memory consent = signedBy(EMPLOYER_KEY, agreements.hashCall(employer, EXPIRY, due.call));
            due.call = abi.encodeCall(IWorkAgreements.amend, (terms, next, EXPIRY, consent));
            (due.fields, due.values) = ("Terms next,", string.concat('"next":{', message(next), "},"));
        }
    }

    /// @dev Changes the lowest byte of a word: an argument that the form shows, or else one of the terms.
    function alter(bytes memory data, uint256 word, uint8 difference) private pure {
        uint256 position = 4 + 32 * word + 31;
        data[position] = bytes1(uint8(data[position]) ^ (difference == 0 ? 1 : difference));
    }

    function relay(Due memory due, uint256 key) private view returns (bytes memory) {
        bytes32 digest = agreements.hashCall(vm.addr(key), EXPIRY, due.call);
        return relayCall(vm.addr(key), EXPIRY, due.call, signedBy(key, digest));
    }

    function relayCall(address signer, uint256 expiry, bytes memory call, bytes memory signature)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IWorkAgreements.callBySignature, (signer, expiry, call, signature));
    }

    function notSigned(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.NotSigned.selector, signer);
    }
}
