// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../../src/Policy.sol";
import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IReputation} from "../../src/interfaces/IReputation.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../../src/reputation/Reputation.sol";
import {TestCourt} from "../utils/Courts.sol";
import {Dollar} from "../utils/Tokens.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {ReputationTest} from "./utils/ReputationTest.sol";

/// @notice What each call costs as a transaction of its own, base fee and calldata included, in the code of artifacts/.
/// @dev The path: a talent with a plain key, agreements of one milestone. Views cost whoever calls them on chain.
/// forge-config: default.isolate = true
contract ReputationGasTest is ReputationTest {
    function setUp() public override {
        vm.warp(NOW);
        policy = Policy(deployShipped("Policy", policyArguments()));
        agreements = WorkAgreements(deployShipped("WorkAgreements", abi.encode(policy)));
        court = new TestCourt(CASE);
        useToken(new Dollar());
        reputation = Reputation(deployShipped("Reputation", abi.encode(agreements, anchorer)));
        vm.assertLe(address(reputation).code.length, 24_576); // EIP-170
    }

    function test_gas_anchor() public {
        bytes32[] memory entries = seals(1000, 0);
        anchor(MerkleTree.rootOf(entries), 1000);
        record("anchor_first");
        uint256 batch = anchor(MerkleTree.rootOf(entries), 1000);
        record("anchor_later");
        reputation.verifyReview(batch, 999, entries[999], MerkleTree.proofOf(entries, 999));
        record("verify_review_1_of_1000");
    }

    function test_gas_credential() public {
        (IWorkTypes.Terms memory terms,) = worked();
        IReputation.Review memory review = reviewOf(terms);
        reputation.checkReview(terms, review, signedBy(EMPLOYER_KEY, reputation.hashReview(review)));
        record("check_review_of_two_skills");
        uint256 tokenId = claim(terms);
        record("claim_first");
        terms.nonce = 8;
        fund(terms, 1);
        release(terms, 0, PAY);
        bytes memory signature = signedBy(TALENT_KEY, reputation.hashClaim(terms, EXPIRY));
        reputation.claimFor(terms, EXPIRY, signature);
        record("claim_later_by_signature");
        tells(talent, abi.encodeCall(IReputation.renounce, (tokenId)));
        record("renounce");
        terms.nonce = 7;
        claim(terms);
        record("claim_again");
    }

    function record(string memory name) private {
        vm.snapshotGasLastCall("reputation", name);
    }
}
