// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PanelCourt} from "../../src/court/PanelCourt.sol";
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

    /// Attack: taking a sealed vote to another chain.
    function test_attack_aCommitmentIsForOneChain() public {
        commit(caseId, 0, 5000);
        toReveal(caseId);
        bytes32 sealed_ = court.commitmentOf(caseId, 0, 0);
        vm.chainId(31_338);
        mismatch(0, 5000, salt(arbiters[0]), sealed_);
        vm.chainId(31_337);
        reveal(caseId, 0, 5000);
    }

    /// Attack: taking a sealed vote to another case of the same arbiter.
    function test_attack_aCommitmentIsForOneCase() public {
        for (uint256 i = 3; i < 8; ++i) {
            retire(freeArbiter(), 1);
        }
        for (uint256 i = 0; i < 3; ++i) {
            enlist(arbiters[i], 1);
        }
        bytes32 other = answered(1);
        address[] memory same = drawn(other);
        uint256 seat = same[0] == arbiters[0] ? 0 : same[1] == arbiters[0] ? 1 : 2;
        bytes32 sealed_ = commitment(caseId, arbiters[0], 5000);
        vm.prank(arbiters[0]);
        court.commit(other, seat, sealed_);
        toReveal(other);
        refuses(
            stranger,
            abi.encodeCall(IPanelCourt.reveal, (other, seat, 5000, salt(arbiters[0]))),
            abi.encodeWithSelector(IPanelCourt.CommitmentMismatch.selector, other, sealed_)
        );
    }

    /// Attack: taking a sealed vote to the same case of another court.
    function test_attack_aCommitmentIsForOneCourt() public {
        bytes32 sealed_ = commitment(caseId, arbiters[0], 5000);
        bytes32 seed = blockhash(BLOCK + 8);
        court = PanelCourt(deploy("PanelCourt", type(PanelCourt).creationCode, courtArguments()));
        useToken(token);
        enlist(8, 1);
        bytes32 same = answered(0);
        vm.assertEq(same, caseId);
        toSeed();
        vm.setBlockhash(block.number - 1, seed);
        court.draw(same);
        (address[] memory others,) = court.panelOf(same, 0);
        vm.assertEq(keccak256(abi.encode(others)), keccak256(abi.encode(arbiters)));
        vm.prank(arbiters[0]);
        court.commit(same, 0, sealed_);
        toReveal(same);
        mismatch(0, 5000, salt(arbiters[0]), sealed_);
    }

    function test_votes_refuseEveryOtherPhase() public {
        bytes32 other = open(1);
        bytes memory refusal = wrongPhase(other, IPanelCourt.Phase.Response);
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.commit, (other, 0, keccak256("vote"))), refusal);
        refuses(arbiters[0], abi.encodeCall(IPanelCourt.reveal, (other, 0, 0, 0)), refusal);
    }

    function mismatch(uint256 seat, uint256 ratio, bytes32 salt_, bytes32 sealed_) private {
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.CommitmentMismatch.selector, caseId, sealed_);
        refuses(stranger, abi.encodeCall(IPanelCourt.reveal, (caseId, seat, ratio, salt_)), refusal);
    }
}
