// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../src/Policy.sol";
import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {TestCourt} from "./utils/Courts.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {Dollar} from "./utils/Tokens.sol";

/// @notice What each call costs as a transaction of its own, base fee and calldata included, in the code of artifacts/.
/// @dev The path: OpenZeppelin token, unlimited allowance, talent with a plain key, payout and employer that hold the
/// token already, a nonce word and a fee slot already in use, one milestone unless named otherwise.
/// forge-config: default.isolate = true
contract GasTest is AgreementTest {
    function setUp() public override {
        vm.warp(NOW);
        policy = Policy(deployShipped("Policy", policyArguments()));
        agreements = WorkAgreements(deployShipped("WorkAgreements", abi.encode(policy)));
        court = new TestCourt(CASE);
        useToken(new Dollar());
        token.mint(payout, 1);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        release(terms, 0, PAY);
    }

    function test_gas_oneMilestone() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fund(terms, 1);
        record("fund");
        submit(terms, 0, PAY);
        record("submit");
        release(terms, 0, PAY);
        record("release_after_submit");
    }

    function test_gas_release() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fund(terms, 1);
        release(terms, 0, PAY);
        record("release");
        terms = fresh(1);
        terms.nonce = 9;
        fund(terms, 1);
        release(terms, 0, PAY / 2);
        record("release_half");
    }

    function test_gas_settle() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fundAndSubmit(terms, PAY);
        vm.warp(NOW + REVIEW + 1);
        agreements.settle(terms, 0);
        record("settle");
    }

    function test_gas_refunds() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fund(terms, 1);
        refund(terms, 0);
        record("refund");
        terms.nonce = 9;
        fund(terms, 1);
        vm.warp(NOW + WORK + 1);
        vm.prank(employer);
        agreements.reclaim(terms, 0);
        record("reclaim");
    }

    function test_gas_32milestones() public {
        IWorkTypes.Terms memory terms = fresh(32);
        fund(terms, 1);
        record("fund_1_of_32");
        vm.prank(employer);
        agreements.fundMore(terms, 31);
        record("fund_more_31_of_32");
        release(terms, 0, PAY);
        record("release_1_of_32");
        terms.nonce = 9;
        fund(terms, 32);
        record("fund_32_of_32");
    }

    function test_gas_rest() public {
        agreements.sweepFees(address(token));
        record("sweep_fees");
        vm.prank(talent);
        agreements.burnNonce(200);
        record("burn_nonce");
    }

    function test_gas_policy() public {
        publish(parameters());
        record("policy_publish_parameters");
        IPolicy.PaymentToken[] memory listed = new IPolicy.PaymentToken[](1);
        listed[0] = IPolicy.PaymentToken(address(token), 2, 1e18);
        publish(parameters(), listed, new address[](0));
        record("policy_publish_token");
    }

    function fresh(uint256 milestones) private view returns (IWorkTypes.Terms memory terms) {
        terms = termsOf(milestones);
        terms.nonce = 8;
    }

    function record(string memory name) private {
        vm.snapshotGasLastCall("gas", name);
    }
}
