// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {Base} from "./Base.sol";
import {Dollar} from "./Tokens.sol";

/// @notice One escrow, one token and the five who meet there.
abstract contract AgreementTest is Base {
    uint16 internal constant FEE_BPS = 1500;
    uint256 internal constant TALENT_KEY = 0x7a1e;
    uint256 internal constant NOW = 1_800_000_000;
    uint128 internal constant PAY = 1000e6;
    uint32 internal constant REVIEW = 7 days;
    uint32 internal constant WORK = 14 days;
    bytes32 internal constant EVIDENCE = keccak256("evidence");

    address internal immutable talent = vm.addr(TALENT_KEY);
    address internal immutable employer = address(0xE1);
    address internal immutable manager = address(0xA9);
    address internal immutable payout = address(0xBA9);
    address internal immutable stranger = address(0x57a);
    address internal immutable feeReceiver = address(0xFEE);

    WorkAgreements internal agreements;
    Dollar internal token;

    function setUp() public virtual {
        vm.warp(NOW);
        bytes memory arguments = abi.encode(feeReceiver, FEE_BPS);
        agreements = WorkAgreements(deploy("WorkAgreements", type(WorkAgreements).creationCode, arguments));
        useToken(new Dollar());
    }

    function useToken(Dollar next) internal {
        token = next;
        token.mint(employer, type(uint192).max);
        vm.prank(employer);
        token.approve(address(agreements), type(uint256).max);
    }

    function termsOf(uint256 milestones) internal view returns (IWorkAgreements.Terms memory terms) {
        terms.nonce = 7;
        terms.employer = employer;
        terms.manager = manager;
        terms.talent = talent;
        terms.payout = payout;
        terms.token = address(token);
        terms.feeBps = FEE_BPS;
        terms.reviewWindow = REVIEW;
        terms.validUntil = uint64(NOW + 30 days);
        terms.documents = keccak256("text");
        terms.amounts = new uint128[](milestones);
        terms.workTimes = new uint32[](milestones);
        for (uint256 i = 0; i < milestones; ++i) {
            (terms.amounts[i], terms.workTimes[i]) = (PAY, WORK);
        }
    }

    function signed(IWorkAgreements.Terms memory terms) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(TALENT_KEY, agreements.hashTerms(terms));
        return abi.encodePacked(r, s, v);
    }

    function fund(IWorkAgreements.Terms memory terms, uint256 count) internal returns (bytes32 agreement) {
        agreement = agreements.hashTerms(terms);
        bytes memory signature = signed(terms);
        vm.prank(terms.employer);
        agreements.fund(terms, signature, count);
    }

    /// @dev Funds all milestones and delivers the first.
    function fundAndSubmit(IWorkAgreements.Terms memory terms, uint256 claimed) internal returns (bytes32 agreement) {
        agreement = fund(terms, terms.amounts.length);
        submit(terms, 0, claimed);
    }

    function submit(IWorkAgreements.Terms memory terms, uint256 milestone, uint256 claimed) internal {
        vm.prank(terms.talent);
        agreements.submit(terms, milestone, claimed, EVIDENCE);
    }

    function release(IWorkAgreements.Terms memory terms, uint256 milestone, uint256 pay) internal {
        vm.prank(terms.manager);
        agreements.release(terms, milestone, pay);
    }

    function refund(IWorkAgreements.Terms memory terms, uint256 milestone) internal {
        vm.prank(terms.talent);
        agreements.refund(terms, milestone);
    }

    function feeOn(uint256 amount) internal pure returns (uint256) {
        return amount * FEE_BPS / 10_000;
    }

    function held() internal view returns (uint256) {
        return token.balanceOf(address(agreements));
    }

    function assertState(bytes32 agreement, IWorkAgreements.Phase phase, uint256 milestone, uint256 funded)
        internal
        view
    {
        IWorkAgreements.State memory state = agreements.stateOf(agreement);
        vm.assertEq(uint256(state.phase), uint256(phase));
        vm.assertEq(state.milestone, milestone);
        vm.assertEq(state.funded, funded);
        vm.assertEq(state.since, block.timestamp);
    }
}
