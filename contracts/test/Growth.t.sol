// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../src/Policy.sol";
import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../src/reputation/Reputation.sol";
import {MerkleTree} from "./reputation/utils/MerkleTree.sol";
import {ReputationTest} from "./reputation/utils/ReputationTest.sol";
import {Base} from "./utils/Base.sol";
import {TestCourt} from "./utils/Courts.sol";
import {Dollar} from "./utils/Tokens.sol";

/// @notice Funds agreements, or anchors batches, many within one transaction: one each takes minutes.
contract Crowd is Base {
    function fund(
        WorkAgreements agreements,
        IWorkTypes.Terms memory terms,
        uint256 talentKey,
        uint256 nonce,
        uint256 count
    ) external {
        terms.employer = address(this);
        for (terms.nonce = nonce; terms.nonce < nonce + count; ++terms.nonce) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(talentKey, agreements.hashTerms(terms));
            agreements.fund(terms, abi.encodePacked(r, s, v), 1);
        }
    }

    function approve(Dollar token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    function anchor(Reputation reputation, uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            reputation.anchor(reputation.head(), keccak256(abi.encode(i)), 1);
        }
    }
}

/// @notice What calls cost beside 10, 1,000 and 10,000 others: open agreements of the same talent in the same token,
/// anchored batches, and seals of one batch. How a draw grows with the arbiters stands in court/Gas.t.sol.
/// @dev The paths are those of Gas.t.sol.
/// forge-config: default.isolate = true
contract GrowthTest is ReputationTest {
    uint256 private constant CROWD_NONCE = 1 << 32;
    uint256 private constant CHUNK = 200;
    Crowd private crowd;
    uint256 private others;

    function setUp() public override {
        vm.warp(NOW);
        crowd = new Crowd();
        policy = Policy(deployShipped("Policy", policyArguments()));
        agreements = WorkAgreements(deployShipped("WorkAgreements", abi.encode(policy)));
        reputation = Reputation(deployShipped("Reputation", abi.encode(agreements, crowd)));
        court = new TestCourt(CASE);
        useToken(new Dollar());
        token.mint(address(crowd), type(uint128).max);
        crowd.approve(token, address(agreements));
        token.mint(payout, 1);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        release(terms, 0, PAY);
    }

    /// To the unit of gas: nothing is looked for, counted or moved among others.
    function test_growth_agreements() public {
        bytes32 costs = measured(10, "10");
        vm.assertEq(measured(1000, "1000"), costs);
        vm.assertEq(measured(10_000, "10000"), costs);
    }

    function measured(uint256 count, string memory name) private returns (bytes32 costs) {
        while (others < count) {
            uint256 more = count - others < CHUNK ? count - others : CHUNK;
            crowd.fund(agreements, termsOf(1), TALENT_KEY, CROWD_NONCE + others, more);
            others += more;
        }
        uint256 snapshot = vm.snapshotState();
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.nonce = 8;
        fund(terms, 1);
        uint256 funding = record("fund_beside", name);
        submit(terms, 0, PAY);
        uint256 delivering = record("submit_beside", name);
        release(terms, 0, PAY);
        costs = keccak256(abi.encode(funding, delivering, record("release_beside", name)));
        vm.revertToState(snapshot);
    }

    /// But for the zero bytes of hashes in calldata, which are cheaper by 12 gas each.
    function test_growth_batches() public {
        crowd.anchor(reputation, 10);
        uint256 first = anchored("10");
        crowd.anchor(reputation, 989);
        anchored("1000");
        crowd.anchor(reputation, 8999);
        uint256 last = anchored("10000");
        vm.assertLe(first > last ? first - last : last - first, 100);
    }

    function anchored(string memory name) private returns (uint256) {
        bytes32 head = reputation.head();
        vm.prank(address(crowd));
        reputation.anchor(head, keccak256("root"), 1);
        return record("anchor_beside", name);
    }

    function test_growth_proofs() public {
        verified(10, "10");
        verified(1000, "1000");
        verified(10_000, "10000");
    }

    function verified(uint32 count, string memory name) private {
        bytes32[] memory entries = seals(count, 0);
        bytes32 head = reputation.head();
        vm.prank(address(crowd));
        uint256 batch = reputation.anchor(head, MerkleTree.rootOf(entries), count);
        bytes32[] memory proof = MerkleTree.proofOf(entries, 0);
        vm.assertTrue(reputation.verifyReview(batch, 0, entries[0], proof));
        record("verify_review_1_of", name);
    }

    function record(string memory call, string memory name) private returns (uint256 gas) {
        return vm.snapshotGasLastCall("growth", string.concat(call, "_", name));
    }
}
