// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../../src/interfaces/IReputation.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {Reputation} from "../../src/reputation/Reputation.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {ReputationTest} from "./utils/ReputationTest.sol";

/// @notice Batches of seals: one behind the other, each seal provable at its own place and nowhere else.
contract AnchorsTest is ReputationTest {
    function test_birth_refusesNoEscrowAndNoAnchor() public {
        vm.expectRevert(abi.encodeWithSelector(IReputation.AgreementsMissing.selector, stranger));
        new Reputation(IWorkAgreements(stranger), anchorer);
        vm.expectRevert(IReputation.AnchorMissing.selector);
        new Reputation(agreements, address(0));
        vm.assertEq(address(reputation.AGREEMENTS()), address(agreements));
        vm.assertEq(reputation.ANCHOR(), anchorer);
    }

    function test_anchor_numbersWithoutGapsAndChainsHeads(bytes32 seed, uint32 count, uint256 later) public {
        count = uint32(bound(count, 1, type(uint32).max));
        later = bound(later, 0, 365 days);
        bytes32 previous;
        for (uint256 number = 1; number <= 5; ++number) {
            vm.warp(NOW + number * later);
            bytes32 root = keccak256(abi.encode(seed, number));
            bytes32 head = keccak256(abi.encode(previous, number, root, count));
            vm.expectEmit(address(reputation));
            emit IReputation.BatchAnchored(number, root, previous, head, count);
            vm.assertEq(anchor(root, count), number);
            IReputation.Batch memory batch = reputation.batchOf(number);
            vm.assertEq(batch.root, root);
            vm.assertEq(batch.count, count);
            vm.assertEq(batch.anchoredAt, block.timestamp);
            vm.assertEq(reputation.lastBatch(), number);
            vm.assertEq(reputation.head(), head);
            previous = head;
        }
    }

    function test_anchor_isTheAnchorsAlone(address caller, bytes32 root) public {
        if (caller == anchorer) caller = stranger;
        refused(caller, abi.encodeCall(IReputation.anchor, (0, root, 1)), noRight(caller));
    }

    function test_anchor_refusesAnEmptyBatch() public {
        bytes memory refusal = abi.encodeWithSelector(IReputation.BatchEmpty.selector);
        refused(anchorer, abi.encodeCall(IReputation.anchor, (0, 0, 1)), refusal);
        refused(anchorer, abi.encodeCall(IReputation.anchor, (0, keccak256("root"), 0)), refusal);
    }

    function test_batchOf_refusesWhatWasNotAnchored(uint256 batch) public {
        anchor(keccak256("root"), 1);
        if (batch == 1) batch = 0;
        bytes memory refusal = abi.encodeWithSelector(IReputation.BatchUnknown.selector, batch);
        refused(stranger, abi.encodeCall(IReputation.batchOf, (batch)), refusal);
        refused(stranger, abi.encodeCall(IReputation.verifyReview, (batch, 0, 0, new bytes32[](0))), refusal);
    }

    // ------------------------------------------------------------------------------------------------- proofs

    /// Trees of every shape up to 40 leaves; the proofs come from the recursive definition of RFC 9162.
    function test_verifyReview_knowsASealAtItsPlaceOnly() public {
        for (uint256 count = 1; count <= 40; ++count) {
            bytes32[] memory entries = seals(count, 0);
            uint256 batch = anchor(MerkleTree.rootOf(entries), uint32(count));
            uint256 index = uint256(keccak256(abi.encode(count))) % count;
            bytes32[] memory proof = MerkleTree.proofOf(entries, index);
            for (uint256 place = 0; place <= count; ++place) {
                vm.assertEq(reputation.verifyReview(batch, place, entries[index], proof), place == index);
            }
            vm.assertTrue(!reputation.verifyReview(batch, type(uint256).max, entries[index], proof));
        }
    }

    function test_verifyReview_knowsEverySealOfOneBatch(uint256 seed, uint256 count) public {
        count = bound(count, 1, 70);
        bytes32[] memory entries = seals(count, seed);
        uint256 batch = anchor(MerkleTree.rootOf(entries), uint32(count));
        for (uint256 i = 0; i < count; ++i) {
            vm.assertTrue(reputation.verifyReview(batch, i, entries[i], MerkleTree.proofOf(entries, i)));
        }
    }

    function test_verifyReview_refusesMalformedProofs(uint256 seed, uint256 count, uint256 which, uint256 bit) public {
        count = bound(count, 2, 70);
        bytes32[] memory entries = seals(count, seed);
        uint256 batch = anchor(MerkleTree.rootOf(entries), uint32(count));
        uint256 index = which % count;
        bytes32[] memory proof = MerkleTree.proofOf(entries, index);

        vm.assertTrue(!reputation.verifyReview(batch, index, ~entries[index], proof));
        vm.assertTrue(!reputation.verifyReview(batch, index, entries[index], resized(proof, proof.length - 1)));
        vm.assertTrue(!reputation.verifyReview(batch, index, entries[index], resized(proof, proof.length + 1)));
        vm.assertTrue(!reputation.verifyReview(batch, index, entries[index], resized(proof, proof.length + 300)));
        proof[which % proof.length] ^= bytes32(1 << (bit % 256));
        vm.assertTrue(!reputation.verifyReview(batch, index, entries[index], proof));
    }

    /// A batch told to be of one is its only seal: no path leads into a larger tree with the same root.
    function test_verifyReview_refusesAPathThatIsLongerThanTheCountAllows(uint256 seed, uint256 count) public {
        count = bound(count, 2, 70);
        bytes32[] memory entries = seals(count, seed);
        uint256 batch = anchor(MerkleTree.rootOf(entries), 1);
        bytes32[] memory proof = MerkleTree.proofOf(entries, count - 1);
        vm.assertTrue(!reputation.verifyReview(batch, 0, entries[count - 1], proof));
    }

    function resized(bytes32[] memory proof, uint256 length) private pure returns (bytes32[] memory other) {
        other = new bytes32[](length);
        for (uint256 i = 0; i < length && i < proof.length; ++i) {
            other[i] = proof[i];
        }
    }

    // ------------------------------------------------------------------------------------------------- attacks

    /// A transaction sent again, or one signed before a fork of the chain: the head has moved.
    function test_attack_aBatchCanNeitherBeReplacedNorRepeatedNorReordered(bytes32 first, bytes32 second) public {
        (first, second) = (keccak256(abi.encode(1, first)), keccak256(abi.encode(2, second)));
        anchor(first, 3);
        bytes32 head = reputation.head();
        bytes memory refusal = abi.encodeWithSelector(IReputation.HeadMoved.selector, 0, head);
        refused(anchorer, abi.encodeCall(IReputation.anchor, (0, first, 3)), refusal);
        refused(anchorer, abi.encodeCall(IReputation.anchor, (0, second, 3)), refusal);
        anchor(second, 1);
        vm.assertEq(reputation.batchOf(1).root, first);
        vm.assertEq(reputation.batchOf(2).root, second);

        Reputation other = another();
        vm.prank(anchorer);
        other.anchor(0, second, 1);
        bytes32 previous = other.head();
        vm.prank(anchorer);
        other.anchor(previous, first, 3);
        vm.assertTrue(other.head() != reputation.head());
    }

    /// Second pre-image: an inner node, or two of them, given as a seal with the rest of the proof.
    function test_attack_aNodeIsNotALeaf(uint256 seed) public {
        bytes32[] memory entries = seals(4, seed);
        uint256 batch = anchor(MerkleTree.rootOf(entries), 4);
        bytes32[] memory proof = MerkleTree.proofOf(entries, 0);
        bytes32 left = MerkleTree.nodeOf(MerkleTree.leafOf(entries[0]), MerkleTree.leafOf(entries[1]));
        bytes32[] memory short = new bytes32[](1);
        short[0] = proof[1];
        for (uint256 index = 0; index < 4; ++index) {
            vm.assertTrue(!reputation.verifyReview(batch, index, left, short));
            vm.assertTrue(!reputation.verifyReview(batch, index, left, proof));
            vm.assertTrue(!reputation.verifyReview(batch, index, MerkleTree.leafOf(entries[0]), proof));
        }
        // The root itself, given as the only seal of a batch of one.
        batch = anchor(MerkleTree.rootOf(entries), 1);
        vm.assertTrue(!reputation.verifyReview(batch, 0, MerkleTree.rootOf(entries), new bytes32[](0)));
    }

    /// A count that is not the tree's: nothing beyond it can be proven, so nothing can be hidden for later.
    function test_attack_noSealBeyondTheCount(uint256 seed, uint256 count, uint256 told) public {
        count = bound(count, 2, 40);
        told = bound(told, 1, count - 1);
        bytes32[] memory entries = seals(count, seed);
        uint256 batch = anchor(MerkleTree.rootOf(entries), uint32(told));
        uint256 proven;
        for (uint256 i = 0; i < count; ++i) {
            bytes32[] memory proof = MerkleTree.proofOf(entries, i);
            for (uint256 place = 0; place <= count; ++place) {
                if (!reputation.verifyReview(batch, place, entries[i], proof)) continue;
                vm.assertTrue(place < told);
                ++proven;
            }
        }
        vm.assertLe(proven, told);
    }

    /// The same seal twice stands at two places and is proven at both. It opens to one review, which counts once.
    function test_attack_duplicateLeavesAreOneReviewAtTwoPlaces(uint256 seed) public {
        bytes32[] memory entries = seals(3, seed);
        entries[2] = entries[0];
        uint256 batch = anchor(MerkleTree.rootOf(entries), 3);
        vm.assertTrue(reputation.verifyReview(batch, 0, entries[0], MerkleTree.proofOf(entries, 0)));
        vm.assertTrue(reputation.verifyReview(batch, 2, entries[0], MerkleTree.proofOf(entries, 2)));
        // Unlike trees that double their last leaf, one of three is not one of four.
        bytes32[] memory doubled = new bytes32[](4);
        (doubled[0], doubled[1], doubled[2], doubled[3]) = (entries[0], entries[1], entries[2], entries[2]);
        vm.assertTrue(MerkleTree.rootOf(doubled) != MerkleTree.rootOf(entries));
    }
}
