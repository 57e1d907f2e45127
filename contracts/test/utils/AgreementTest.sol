// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../../src/Policy.sol";
import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IPolicy} from "../../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Base} from "./Base.sol";
import {TestCourt} from "./Courts.sol";
import {Dollar} from "./Tokens.sol";

/// @notice One escrow, its policy, one token and the five who meet there. The test itself owns the policy.
abstract contract AgreementTest is Base {
    uint16 internal constant FEE_BPS = 1500;
    /// @dev Of secp256k1.
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 internal constant TALENT_KEY = 0x7a1e;
    uint256 internal constant NOW = 1_800_000_000;
    uint128 internal constant PAY = 1000e6;
    uint32 internal constant REVIEW = 7 days;
    uint32 internal constant WORK = 14 days;
    uint32 internal constant REWORK = 5 days;
    uint32 internal constant CASE = 40 days;
    uint256 internal constant RULES = 1;
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    bytes32 internal constant REASONS = keccak256("reasons");
    uint256 internal constant EMPLOYER_KEY = 0xe11e;
    uint256 internal constant MANAGER_KEY = 0xa9a9;

    address internal immutable talent = vm.addr(TALENT_KEY);
    address internal immutable employer = vm.addr(EMPLOYER_KEY);
    address internal immutable manager = vm.addr(MANAGER_KEY);
    address internal immutable payout = address(0xBA9);
    address internal immutable stranger = address(0x57a);
    address internal immutable feeReceiver = address(0xFEE);
    address internal immutable guardian = address(0x64A);
    address internal immutable origin = address(0x0416);

    Policy internal policy;
    WorkAgreements internal agreements;
    Dollar internal token;
    TestCourt internal court;

    function setUp() public virtual {
        vm.warp(NOW);
        policy = Policy(deploy("Policy", type(Policy).creationCode, policyArguments()));
        agreements = WorkAgreements(deploy("WorkAgreements", type(WorkAgreements).creationCode, abi.encode(policy)));
        court = new TestCourt(CASE);
        useToken(new Dollar());
    }

    function policyArguments() internal view returns (bytes memory) {
        return abi.encode(this, parameters(), new IPolicy.PaymentToken[](0), new IPolicy.OfficialAddress[](0));
    }

    function parameters() internal view returns (IPolicy.Parameters memory) {
        return IPolicy.Parameters({
            feeReceiver: feeReceiver,
            feeBps: FEE_BPS,
            reviewWindowMin: 3 days,
            reviewWindowMax: 90 days,
            reworkTimeMin: 3 days,
            validityMax: 30 days,
            originBpsMax: 5000,
            guardian: guardian
        });
    }

    function publish(IPolicy.Parameters memory next) internal returns (uint32) {
        return publish(next, new IPolicy.PaymentToken[](0), new address[](0));
    }

    function publish(IPolicy.Parameters memory next, IPolicy.PaymentToken[] memory listed, address[] memory delisted)
        internal
        returns (uint32)
    {
        return policy.publish(policy.currentVersion(), next, listed, delisted, new IPolicy.OfficialAddress[](0));
    }

    function list(address listed, uint128 amountMin) internal returns (uint32) {
        IPolicy.PaymentToken[] memory tokens = new IPolicy.PaymentToken[](1);
        tokens[0] = IPolicy.PaymentToken(listed, amountMin, 1e18);
        return publish(parameters(), tokens, new address[](0));
    }

    function delist(address delisted) internal returns (uint32) {
        address[] memory tokens = new address[](1);
        tokens[0] = delisted;
        return publish(parameters(), new IPolicy.PaymentToken[](0), tokens);
    }

    function setFee(uint16 feeBps) internal {
        IPolicy.Parameters memory next = parameters();
        next.feeBps = feeBps;
        publish(next);
    }

    function useToken(Dollar next) internal {
        token = next;
        list(address(next), 1);
        token.mint(employer, type(uint192).max);
        vm.prank(employer);
        token.approve(address(agreements), type(uint256).max);
        token.mint(manager, 1e30);
        vm.prank(manager);
        token.approve(address(agreements), type(uint256).max);
    }

    function termsOf(uint256 milestones) internal view returns (IWorkTypes.Terms memory terms) {
        terms.nonce = 7;
        terms.employer = employer;
        terms.manager = manager;
        terms.talent = talent;
        terms.payout = payout;
        terms.token = address(token);
        terms.policyVersion = policy.currentVersion();
        terms.feeBps = FEE_BPS;
        terms.reviewWindow = REVIEW;
        terms.reworkTime = REWORK;
        terms.revisionsMax = 2;
        terms.court = address(court);
        terms.courtRules = RULES;
        terms.caseTime = CASE;
        terms.fallbackTalentBps = 5000;
        terms.validUntil = uint64(NOW + 30 days);
        terms.documents = keccak256("text");
        terms.amounts = new uint128[](milestones);
        terms.workTimes = new uint32[](milestones);
        for (uint256 i = 0; i < milestones; ++i) {
            (terms.amounts[i], terms.workTimes[i]) = (PAY, WORK);
        }
    }

    function signed(IWorkTypes.Terms memory terms) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(TALENT_KEY, agreements.hashTerms(terms));
        return abi.encodePacked(r, s, v);
    }

    function fund(IWorkTypes.Terms memory terms, uint256 count) internal returns (bytes32 agreement) {
        agreement = agreements.hashTerms(terms);
        bytes memory signature = signed(terms);
        vm.prank(terms.employer);
        agreements.fund(terms, signature, count);
    }

    /// @dev Funds all milestones and delivers the first.
    function fundAndSubmit(IWorkTypes.Terms memory terms, uint256 claimed) internal returns (bytes32 agreement) {
        agreement = fund(terms, terms.amounts.length);
        submit(terms, 0, claimed);
    }

    function submit(IWorkTypes.Terms memory terms, uint256 milestone, uint256 claimed) internal {
        vm.prank(terms.talent);
        agreements.submit(terms, milestone, claimed, EVIDENCE);
    }

    function release(IWorkTypes.Terms memory terms, uint256 milestone, uint256 pay) internal {
        vm.prank(terms.manager);
        agreements.release(terms, milestone, pay);
    }

    function refund(IWorkTypes.Terms memory terms, uint256 milestone) internal {
        vm.prank(terms.talent);
        agreements.refund(terms, milestone);
    }

    function feeOn(uint256 amount) internal pure returns (uint256) {
        return amount * FEE_BPS / 10_000;
    }

    function credit(address party, address inToken) internal view returns (uint256 amount) {
        (amount,) = agreements.creditOf(party, inToken);
    }

    function held() internal view returns (uint256) {
        return token.balanceOf(address(agreements));
    }

    function assertState(bytes32 agreement, IWorkTypes.Phase phase, uint256 milestone, uint256 funded) internal view {
        IWorkTypes.State memory state = agreements.stateOf(agreement);
        vm.assertEq(uint256(state.phase), uint256(phase));
        vm.assertEq(state.milestone, milestone);
        vm.assertEq(state.funded, funded);
        vm.assertEq(state.since, block.timestamp);
    }

    function requestChanges(IWorkTypes.Terms memory terms, uint256 milestone) internal {
        vm.prank(terms.manager);
        agreements.requestChanges(terms, milestone, REASONS);
    }

    function dispute(IWorkTypes.Terms memory terms, uint256 milestone) internal {
        vm.prank(terms.manager);
        agreements.dispute(terms, milestone, 2500, type(uint256).max);
    }

    /// @dev One milestone funded, claimed and disputed now.
    function disputed(uint256 claimed) internal returns (IWorkTypes.Terms memory terms, bytes32 agreement) {
        terms = termsOf(2);
        agreement = fundAndSubmit(terms, claimed);
        dispute(terms, 0);
    }

    function caseOf(IWorkTypes.Terms memory terms, uint256 milestone) internal view returns (bytes32) {
        bytes32 negotiation = keccak256(abi.encode(terms.talent, terms.nonce));
        return keccak256(abi.encode(address(agreements), negotiation, milestone));
    }

    function sent(address caller, bytes memory data) internal returns (bool done, bytes memory answer) {
        vm.prank(caller);
        return address(agreements).call(data);
    }

    function accepts(address caller, bytes memory data) internal {
        (bool done, bytes memory answer) = sent(caller, data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    function refuses(address caller, bytes memory data, bytes memory refusal) internal {
        (bool done, bytes memory answer) = sent(caller, data);
        vm.assertTrue(!done, "accepted");
        vm.assertEq(keccak256(answer), keccak256(refusal));
    }

    function wrongPhase(bytes32 agreement, IWorkTypes.Phase phase) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.WrongPhase.selector, agreement, phase);
    }

    function unauthorized(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.Unauthorized.selector, caller);
    }

    function tooEarly(uint256 second) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.TooEarly.selector, second);
    }

    function tooLate(uint256 second) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.TooLate.selector, second);
    }

    function outOfRange(uint256 amount, uint256 min, uint256 max) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IWorkTypes.AmountOutOfRange.selector, amount, min, max);
    }

    function signedBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The same signature with the other sign of `s`: ecrecover takes it as well.
    function twinOf(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27);
    }
}
