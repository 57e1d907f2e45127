// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../src/Policy.sol";
import {WorkAgreements} from "../src/WorkAgreements.sol";
import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
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

    function test_gas_batch() public {
        IWorkTypes.Terms memory terms = fresh(32);
        fund(terms, 32);
        vm.prank(manager);
        agreements.releaseMany(terms, 0, 10);
        record("release_10_of_32_at_once");
    }

    function test_gas_dispute() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fundAndSubmit(terms, PAY);
        requestChanges(terms, 0);
        record("request_changes");
        submit(terms, 0, PAY);
        dispute(terms, 0);
        record("dispute_court_that_does_nothing");
        court.rule(caseOf(terms, 0), 5000);
        agreements.resolve(terms, 0);
        record("resolve_court_that_does_nothing");
    }

    function test_gas_changes() public {
        IWorkTypes.Terms memory terms = fresh(2);
        fund(terms, 2);
        accepts(employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)));
        record("extend");
        accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
        record("ask_to_cancel");
        accepts(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        record("keep");
        accepts(talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, stranger)));
        record("move_payout");
        accepts(talent, abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms)));
        record("cancel_payout_move");
        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, PAY)));
        record("tip");
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (terms, 0)));
        record("end");
        accepts(employer, agreeCall(terms));
        record("agree");
    }

    function test_gas_amend() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fund(terms, 1);
        IWorkTypes.Terms memory next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
        next.previous = agreements.hashTerms(terms);
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.amend, (terms, next, 0, ""));
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, NOW, unsigned));
        accepts(employer, abi.encodeCall(IWorkAgreements.amend, (terms, next, NOW, consent)));
        record("amend");
    }

    function test_gas_relayed() public {
        IWorkTypes.Terms memory terms = fresh(1);
        fund(terms, 1);
        bytes memory call = abi.encodeCall(IWorkAgreements.submit, (terms, 0, PAY, EVIDENCE));
        bytes memory signature = signedBy(TALENT_KEY, agreements.hashCall(talent, NOW, call));
        agreements.callBySignature(talent, NOW, call, signature);
        record("submit_by_signature");
    }

    function test_gas_origin() public {
        IWorkTypes.Terms memory terms = fresh(1);
        (terms.origin, terms.originBps) = (origin, 5000);
        fund(terms, 1);
        release(terms, 0, PAY);
        record("release_origin_first");
        terms.nonce = 9;
        fund(terms, 1);
        release(terms, 0, PAY);
        record("release_origin_later");
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

    function agreeCall(IWorkTypes.Terms memory terms) private view returns (bytes memory) {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, 0, 5000, 0, ""));
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, NOW, unsigned));
        return abi.encodeCall(IWorkAgreements.agree, (terms, 0, 5000, NOW, consent));
    }

    function fresh(uint256 milestones) private view returns (IWorkTypes.Terms memory terms) {
        terms = termsOf(milestones);
        terms.nonce = 8;
    }

    function record(string memory name) private {
        vm.snapshotGasLastCall("gas", name);
    }
}
