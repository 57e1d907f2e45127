// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../../../src/interfaces/IReputation.sol";
import {IWorkTypes} from "../../../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../../../src/reputation/Reputation.sol";
import {MerkleTree} from "../utils/MerkleTree.sol";
import {ReputationTest} from "../utils/ReputationTest.sol";

/// @notice Makes every lawful call in any order: work that ends paid or unpaid, claims, renouncements, batches. What must
/// be refused in the state it finds is tried as well, and must be refused.
contract ReputationHandler is ReputationTest {
    /// @notice What an outsider kept of a batch.
    struct Kept {
        bytes32 root;
        uint32 count;
        uint256 anchoredAt;
        uint256 index;
        bytes32 seal;
        bytes32[] proof;
    }

    IWorkTypes.Terms[] private _work;
    Kept[] private _kept;
    mapping(uint256 tokenId => bool) public holds;
    mapping(uint256 tokenId => bool) public earned;
    uint256 public held_;

    constructor() {
        setUp();
    }

    function reputationOf() external view returns (Reputation) {
        return reputation;
    }

    function works() external view returns (uint256) {
        return _work.length;
    }

    function workAt(uint256 i) external view returns (IWorkTypes.Terms memory) {
        return _work[i];
    }

    function batches() external view returns (uint256) {
        return _kept.length;
    }

    function keptAt(uint256 i) external view returns (Kept memory) {
        return _kept[i];
    }

    // ------------------------------------------------------------------------------------------------- calls

    function work(uint256 milestones, uint256 closed, uint256 pays) external {
        milestones = bound(milestones, 1, 4);
        closed = bound(closed, 0, milestones);
        IWorkTypes.Terms memory terms = termsOf(milestones);
        (terms.nonce, terms.validUntil) = (_work.length, uint64(block.timestamp + 1 days));
        fund(terms, milestones);
        bool paid;
        for (uint256 i = 0; i < closed; ++i) {
            if (pays >> i & 1 == 1) release(terms, i, 1);
            else refund(terms, i);
            paid = paid || pays >> i & 1 == 1;
        }
        _work.push(terms);
        earned[tokenOf(terms)] = paid && closed == milestones;
    }

    function claimed(uint256 seed, bool signed_) external {
        if (_work.length == 0) return;
        IWorkTypes.Terms memory terms = _work[seed % _work.length];
        uint256 tokenId = tokenOf(terms);
        bytes memory call = abi.encodeCall(IReputation.claim, (terms));
        if (signed_) {
            bytes memory signature = signedBy(TALENT_KEY, reputation.hashClaim(terms, EXPIRY));
            call = abi.encodeCall(IReputation.claimFor, (terms, EXPIRY, signature));
        }
        vm.prank(signed_ ? stranger : talent);
        (bool done,) = address(reputation).call(call);
        require(done == (earned[tokenId] && !holds[tokenId]), "claim");
        if (!done) return;
        (holds[tokenId], held_) = (true, held_ + 1);
    }

    function renounced(uint256 seed, bool signed_) external {
        if (_work.length == 0) return;
        uint256 tokenId = tokenOf(_work[seed % _work.length]);
        bytes memory call = abi.encodeCall(IReputation.renounce, (tokenId));
        if (signed_) {
            bytes memory signature = signedBy(TALENT_KEY, reputation.hashRenounce(tokenId, EXPIRY));
            call = abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, signature));
        }
        vm.prank(signed_ ? stranger : talent);
        (bool done,) = address(reputation).call(call);
        require(done == holds[tokenId], "renounce");
        if (!done) return;
        (holds[tokenId], held_) = (false, held_ - 1);
    }

    function anchored(uint256 seed, uint256 count, uint256 index) external {
        count = bound(count, 1, 20);
        bytes32[] memory entries = seals(count, seed);
        index = index % count;
        bytes32 root = MerkleTree.rootOf(entries);
        bytes32 head = reputation.head();
        refused(stranger, abi.encodeCall(IReputation.anchor, (head, root, uint32(count))), noRight(stranger));
        bytes memory moved = abi.encodeWithSelector(IReputation.HeadMoved.selector, ~head, head);
        refused(anchorer, abi.encodeCall(IReputation.anchor, (~head, root, uint32(count))), moved);
        vm.assertEq(anchor(root, uint32(count)), _kept.length + 1);
        _kept.push(
            Kept(root, uint32(count), block.timestamp, index, entries[index], MerkleTree.proofOf(entries, index))
        );
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 10 days));
    }
}
