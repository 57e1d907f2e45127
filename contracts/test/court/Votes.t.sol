// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Sealing and opening votes.
contract VotesTest is CourtTest {
    bytes32 private caseId;
    address[] private arbiters;

    function setUp() public override {
        super.setUp();
        enlist(8, 1);
        (caseId, arbiters) = panelled();
    }

    function test_votes_areSealedThenOpened(uint256 ratio) public {
        ratio = bound(ratio, 0, 10_000);
        vm.expectEmit(address(court));
        emit IPanelCourt.VoteCommitted(caseId, arbiters[1], 0, commitment(caseId, arbiters[1], ratio));
        commit(caseId, 1, ratio);
        toReveal(caseId);
        vm.expectEmit(address(court));
        emit IPanelCourt.VoteRevealed(caseId, arbiters[1], 0, ratio);
        reveal(caseId, 1, ratio);
        (, uint256[] memory votes) = court.panelOf(caseId, 0);
        vm.assertEq(votes[0], SILENT);
        vm.assertEq(votes[1], ratio);
        vm.assertEq(votes[2], SILENT);
        vm.assertEq(court.commitmentOf(caseId, 0, 1), 0);
    }

    function test_commit_isOnlyTheSeatsArbiters(address caller, uint256 seat) public {
        if (seat < 3 && caller == arbiters[seat]) caller = stranger;
        bytes memory data = abi.encodeCall(IPanelCourt.commit, (caseId, seat, keccak256("vote")));
        refuses(caller, data, unauthorized(caller));
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.commit, (caseId, 1, 0)), unauthorized(arbiters[0]));
    }

    function test_commit_canBeReplacedUntilItsWindowEnds() public {
        commit(caseId, 0, 1);
        vm.warp(NOW + 3 days);
        commit(caseId, 0, 2);
        vm.warp(NOW + 3 days + 1);
        bytes memory data = abi.encodeCall(IPanelCourt.commit, (caseId, 0, keccak256("late")));
        refuses(arbiters[0], data, tooLate(NOW + 3 days));
        reveal(caseId, 0, 2);
    }

    function test_reveal_keepsToItsWindow() public {
        commit(caseId, 0, 1);
        bytes memory data = abi.encodeCall(IPanelCourt.reveal, (caseId, 0, 1, salt(arbiters[0])));
        vm.warp(NOW + 3 days);
        refuses(arbiters[0], data, tooEarly(NOW + 3 days));
        vm.warp(NOW + 5 days + 1);
        refuses(arbiters[0], data, tooLate(NOW + 5 days));
        vm.warp(NOW + 5 days);
        reveal(caseId, 0, 1);
    }

    /// Attack: a vote above the whole. It can be sealed, never opened, and its seat is silent.
    function test_attack_noVoteIsAboveTheWhole(uint256 ratio) public {
        ratio = bound(ratio, 10_001, type(uint256).max);
        commit(caseId, 0, ratio);
        commit(caseId, 1, 4000);
        commit(caseId, 2, 3000);
        toReveal(caseId);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.RatioOutOfRange.selector, ratio, 0, 10_000);
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.reveal, (caseId, 0, ratio, salt(arbiters[0]))), refusal);
        reveal(caseId, 1, 4000);
        reveal(caseId, 2, 3000);
        passAppeal(caseId);
        assertRuling(caseId, 4000);
        court.conclude(caseId);
        vm.assertEq(bondedOf(arbiters[0]), 0);
    }

    /// Attack: copying a sealed vote. The copy names another arbiter and cannot be opened, with the very same secret.
    function test_attack_aCopiedCommitmentOpensNothing() public {
        bytes32 copied = commitment(caseId, arbiters[0], 7000);
        commit(caseId, 0, 7000);
        vm.prank(arbiters[1]);
        court.commit(caseId, 1, copied);
        toReveal(caseId);
        reveal(caseId, 0, 7000);
        mismatch(1, 7000, salt(arbiters[0]), copied);
    }

    /// Attack: opening with anything but what was sealed, or twice.
    function test_attack_aVoteOpensOnlyAsSealedAndOnce(uint256 ratio, bytes32 other) public {
        ratio = bound(ratio, 0, 10_000);
        commit(caseId, 0, ratio);
        bytes32 sealed_ = court.commitmentOf(caseId, 0, 0);
        toReveal(caseId);
        mismatch(0, ratio == 0 ? 1 : ratio - 1, salt(arbiters[0]), sealed_);
        if (other != salt(arbiters[0])) mismatch(0, ratio, other, sealed_);
        mismatch(1, ratio, salt(arbiters[1]), 0);
        mismatch(3, ratio, other, 0);
        reveal(caseId, 0, ratio);
        mismatch(0, ratio, salt(arbiters[0]), 0);
    }

    /// Attack: taking a sealed vote to another chain, court, case or round.
    function test_attack_aCommitmentIsForOneChainCourtCaseAndRound() public {
        bytes32[4] memory sealed_ = [
            sealedAs(block.chainid + 1, address(court), caseId, 0),
            sealedAs(block.chainid, stranger, caseId, 0),
            sealedAs(block.chainid, address(court), keccak256("other"), 0),
            sealedAs(block.chainid, address(court), caseId, 1)
        ];
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(arbiters[0]);
            court.commit(caseId, 0, sealed_[i]);
            toReveal(caseId);
            mismatch(0, 5000, salt(arbiters[0]), sealed_[i]);
            vm.revertToState(snapshot);
            snapshot = vm.snapshotState();
        }
    }

    function test_votes_refuseEveryOtherPhase() public {
        bytes32 other = open(1);
        bytes memory refusal = wrongPhase(other, IPanelCourt.Phase.Response);
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.commit, (other, 0, keccak256("vote"))), refusal);
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.reveal, (other, 0, 0, 0)), refusal);
    }

    function sealedAs(uint256 chain, address court_, bytes32 case_, uint256 round) private view returns (bytes32) {
        return keccak256(abi.encode(chain, court_, case_, round, arbiters[0], uint256(5000), salt(arbiters[0])));
    }

    function mismatch(uint256 seat, uint256 ratio, bytes32 salt_, bytes32 sealed_) private {
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.CommitmentMismatch.selector, caseId, sealed_);
        refuses(stranger, abi.encodeCall(IPanelCourt.reveal, (caseId, seat, ratio, salt_)), refusal);
    }
}
