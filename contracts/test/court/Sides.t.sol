// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICourt} from "../../src/interfaces/ICourt.sol";
import {ICourtRules} from "../../src/interfaces/ICourtRules.sol";
import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {PanelCourt} from "../../src/court/PanelCourt.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Rules that do not keep their word.
contract FickleRules is ICourtRules {
    CourtRuleSet private _set;
    uint256 public constant courtRulesCount = 1;

    constructor(CourtRuleSet memory set) {
        _set = set;
    }

    function change(uint32 responseWindow) external {
        _set.responseWindow = responseWindow;
    }

    function courtRules(uint256) external view returns (CourtRuleSet memory) {
        return _set;
    }

    function courtCostMin(uint256, address) external pure returns (uint256) {
        return 1;
    }
}

/// @notice Opening a case, answering it, and cases that no panel hears.
contract SidesTest is CourtTest {
    function test_open_takesTheCostAndStartsTheResponse(uint256 sum) public {
        sum = bound(sum, 0, type(uint128).max);
        uint256 price = court.cost(1, address(token), sum);
        bytes32 caseId = keccak256(abi.encode(escrow, NEGOTIATION, uint256(3)));
        IPanelCourt.Opening memory opening =
            IPanelCourt.Opening(escrow, NEGOTIATION, 3, 1, address(token), sum, price, EMPLOYER_ASKS);
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseOpened(caseId, employer, talent, opening);

        vm.assertEq(open(3, sum), caseId);

        vm.assertEq(held(), price);
        vm.assertEq(token.balanceOf(escrow), type(uint128).max - price);
        IPanelCourt.Case memory found = court.caseOf(caseId);
        vm.assertEq(uint256(found.phase), uint256(IPanelCourt.Phase.Response));
        vm.assertEq(found.since, NOW);
        vm.assertEq(found.cost, price);
        vm.assertEq(found.ruling, SILENT);
        assertNoRuling(caseId);
    }

    /// The named share of the sum, rounded down; never below the least cost; never above 96 bits.
    function test_cost_isACappedShareOfTheSum(uint256 sum) public view {
        sum = bound(sum, 0, type(uint240).max);
        uint256 share = sum * 500 / 10_000;
        uint256 price = court.cost(1, address(token), sum);
        vm.assertEq(price, share < 1e6 ? 1e6 : share > type(uint96).max ? type(uint96).max : share);
    }

    function test_open_refusesATokenThatTheRulesDoNotHear() public {
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.TokenNotHeard.selector, 1, address(btrst));
        refuses(escrow, openCall(1, address(btrst), employer, talent, EMPLOYER_ASKS), refusal);
        refusal = abi.encodeWithSelector(IPanelCourt.TokenNotHeard.selector, 2, address(token));
        refuses(escrow, openCall(2, address(token), employer, talent, EMPLOYER_ASKS), refusal);
    }

    function test_longest_refusesUnknownRules() public {
        vm.expectRevert(abi.encodeWithSelector(ICourtRules.CourtRulesUnknown.selector, 2));
        court.longest(2);
    }

    function test_open_refusesTheSameCaseTwice() public {
        bytes32 caseId = open(0);
        bytes memory again = openCall(1, address(token), employer, talent, EMPLOYER_ASKS);
        refuses(escrow, again, abi.encodeWithSelector(IPanelCourt.CaseExists.selector, caseId));
        pass(5 days, caseId);
        court.conclude(caseId);
        refuses(escrow, again, abi.encodeWithSelector(IPanelCourt.CaseExists.selector, caseId));
    }

    function test_open_refusesSidesThatCannotBePaid() public {
        address[3] memory bad = [address(0), address(token), address(court)];
        for (uint256 i = 0; i < bad.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IPanelCourt.PartyInvalid.selector, bad[i]);
            refuses(escrow, openCall(1, address(token), bad[i], talent, EMPLOYER_ASKS), refusal);
            refuses(escrow, openCall(1, address(token), employer, bad[i], EMPLOYER_ASKS), refusal);
        }
        bytes memory one = abi.encodeWithSelector(IPanelCourt.PartyInvalid.selector, employer);
        refuses(escrow, openCall(1, address(token), employer, employer, EMPLOYER_ASKS), one);
    }

    function test_open_refusesTheWholeSumAndMore(uint256 ratio) public {
        ratio = bound(ratio, 10_000, type(uint256).max);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.RatioOutOfRange.selector, ratio, 0, 9999);
        refuses(escrow, openCall(1, address(token), employer, talent, ratio), refusal);
    }

    /// A stranger's contract names its own cases, which no arbiter of another contract hears.
    function test_open_byAStrangerNamesAnotherCase() public {
        enlist(3, 1);
        bytes memory data = openCall(1, address(token), employer, talent, EMPLOYER_ASKS);
        vm.prank(stranger);
        (, bytes memory answer) = address(court).call(data);
        bytes32 strangers = abi.decode(answer, (bytes32));
        bytes32 caseId = answered(0);
        vm.assertTrue(strangers != caseId);

        respond(strangers);
        vm.roll(BLOCK + 9);
        court.draw(strangers);
        assertPhase(strangers, IPanelCourt.Phase.Drawing);
        vm.assertEq(drawn(caseId).length, 3);
    }

    function test_respond_namesARatioAndPays() public {
        bytes32 caseId = open(0);
        vm.expectEmit(address(court));
        emit IPanelCourt.ResponseNamed(caseId, talent, TALENT_ASKS);
        vm.expectEmit(address(court));
        emit IPanelCourt.ResponsePaid(caseId, talent, COST);
        respond(caseId);
        vm.assertEq(held(), 2 * COST);
        vm.assertEq(court.payerOf(caseId), talent);
        assertPhase(caseId, IPanelCourt.Phase.Drawing);
    }

    function test_payResponse_isAnybodys() public {
        bytes32 caseId = open(0);
        vm.prank(talent);
        court.respond(caseId, 8000, false);
        vm.prank(talent);
        court.respond(caseId, TALENT_ASKS, false);
        vm.assertEq(held(), COST);
        vm.prank(stranger);
        court.payResponse(caseId);
        vm.assertEq(held(), 2 * COST);
        vm.assertEq(court.payerOf(caseId), stranger);
        vm.assertEq(court.caseOf(caseId).talentBps, TALENT_ASKS);
        pass(1 days, caseId);
        court.conclude(caseId);
        vm.assertEq(token.balanceOf(stranger), type(uint128).max);
    }

    function test_payResponse_waitsForTheTalentsRatio() public {
        bytes32 caseId = open(0);
        bytes memory refusal = abi.encodeWithSelector(IPanelCourt.ResponseMissing.selector, caseId);
        refuses(stranger, abi.encodeCall(IPanelCourt.payResponse, (caseId)), refusal);
    }

    function test_respond_refusesAnyoneButTheTalent(address caller) public {
        if (caller == talent) caller = employer;
        bytes32 caseId = open(0);
        refuses(caller, abi.encodeCall(IPanelCourt.respond, (caseId, TALENT_ASKS, true)), unauthorized(caller));
        refuses(caller, abi.encodeCall(IPanelCourt.concede, (caseId)), unauthorized(caller));
    }

    function test_respond_refusesNoMoreThanOffered(uint256 ratio) public {
        bytes32 caseId = open(0);
        if (ratio > EMPLOYER_ASKS && ratio <= 10_000) ratio = EMPLOYER_ASKS;
        bytes memory refusal =
            abi.encodeWithSelector(IPanelCourt.RatioOutOfRange.selector, ratio, EMPLOYER_ASKS + 1, 10_000);
        refuses(talent, abi.encodeCall(IPanelCourt.respond, (caseId, ratio, true)), refusal);
    }

    function test_response_endsWithItsWindow(bool last) public {
        bytes32 caseId = open(0);
        vm.prank(talent);
        court.respond(caseId, TALENT_ASKS, false);
        vm.warp(NOW + 5 days + (last ? 0 : 1));
        if (last) {
            refuses(stranger, abi.encodeCall(IPanelCourt.conclude, (caseId)), notFinal(caseId));
            return respond(caseId);
        }
        bytes memory refusal = tooLate(NOW + 5 days);
        refuses(talent, abi.encodeCall(IPanelCourt.respond, (caseId, TALENT_ASKS, true)), refusal);
        refuses(stranger, abi.encodeCall(IPanelCourt.payResponse, (caseId)), refusal);
        refuses(talent, abi.encodeCall(IPanelCourt.concede, (caseId)), refusal);
    }

    function test_respond_refusesASecondDeposit() public {
        bytes32 caseId = answered(0);
        bytes memory refusal = wrongPhase(caseId, IPanelCourt.Phase.Drawing);
        refuses(talent, abi.encodeCall(IPanelCourt.respond, (caseId, TALENT_ASKS, true)), refusal);
        refuses(stranger, abi.encodeCall(IPanelCourt.payResponse, (caseId)), refusal);
        refuses(talent, abi.encodeCall(IPanelCourt.concede, (caseId)), refusal);
    }

    function test_concede_rulesAtOnceAndReturnsTheCost() public {
        bytes32 caseId = open(0);
        vm.expectEmit(address(court));
        emit IPanelCourt.Conceded(caseId, talent, EMPLOYER_ASKS);
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseConcluded(caseId, employer, talent, true, EMPLOYER_ASKS, COST, 0, 0, 0);
        vm.prank(talent);
        court.concede(caseId);
        assertRuling(caseId, EMPLOYER_ASKS);
        vm.assertEq(token.balanceOf(employer), type(uint128).max + COST);
        vm.assertEq(held(), 0);
        refuses(
            stranger, abi.encodeCall(IPanelCourt.conclude, (caseId)), wrongPhase(caseId, IPanelCourt.Phase.Concluded)
        );
    }

    /// Silence concedes: the ruling is there without any call, and the call pays the cost back.
    function test_silence_concedes(bool named) public {
        bytes32 caseId = open(0);
        vm.prank(talent);
        if (named) court.respond(caseId, TALENT_ASKS, false);
        vm.warp(NOW + 5 days);
        assertNoRuling(caseId);
        vm.warp(NOW + 5 days + 1);
        assertRuling(caseId, EMPLOYER_ASKS);
        vm.expectEmit(address(court));
        emit IPanelCourt.CaseConcluded(caseId, employer, talent, true, EMPLOYER_ASKS, COST, 0, 0, 0);
        court.conclude(caseId);
        assertRuling(caseId, EMPLOYER_ASKS);
        vm.assertEq(token.balanceOf(employer), type(uint128).max + COST);
        vm.assertEq(held(), 0);
    }

    function test_conclude_refusesUnknownAndUnfinished() public {
        bytes32 unknown = keccak256("unknown");
        bytes memory call = abi.encodeCall(IPanelCourt.conclude, (unknown));
        refuses(stranger, call, wrongPhase(unknown, IPanelCourt.Phase.None));
        assertNoRuling(unknown);
        bytes32 caseId = open(0);
        refuses(stranger, abi.encodeCall(IPanelCourt.conclude, (caseId)), notFinal(caseId));
    }

    /// Rules are read once: with their contract gone, an open case goes on and so do new ones' windows.
    function test_rules_areKept() public {
        enlist(3, 1);
        bytes32 caseId = open(0);
        uint256 bound_ = court.longest(1);
        vm.etch(address(book), "");
        respond(caseId);
        drawn(caseId);
        hear(caseId, 5000, 5000, 5000);
        passAppeal(caseId);
        assertRuling(caseId, 5000);
        court.conclude(caseId);
        vm.assertEq(court.longest(1), bound_);
    }

    /// Rules that change in their contract stay what they were here, for open cases and for new ones.
    function test_rules_areReadOnce() public {
        FickleRules fickle = new FickleRules(ruleSet());
        bytes memory arguments = abi.encode(btrst, SEAT, fickle, treasury);
        court = PanelCourt(deploy("PanelCourt", type(PanelCourt).creationCode, arguments));
        vm.prank(escrow);
        token.approve(address(court), type(uint256).max);
        bytes32 caseId = open(0);
        uint256 bound_ = court.longest(1);
        fickle.change(14 days);
        open(1);
        vm.assertEq(court.longest(1), bound_);
        pass(5 days, caseId);
        assertRuling(caseId, EMPLOYER_ASKS);
    }

    function test_constructor_refusesWhatCannotWork() public {
        bytes4 refusal = IPanelCourt.ConfigurationInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("btrst")));
        new PanelCourt(IERC20(stranger), SEAT, book, treasury);
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("seat")));
        new PanelCourt(btrst, 0, book, treasury);
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("rules")));
        new PanelCourt(btrst, SEAT, ICourtRules(stranger), treasury);
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("treasury")));
        new PanelCourt(btrst, SEAT, book, address(0));
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("treasury")));
        new PanelCourt(btrst, SEAT, book, address(btrst));
    }

    function openCall(uint256 rules, address in_, address employerSide, address other, uint256 ratio)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(ICourt.open, (NEGOTIATION, 0, rules, in_, SUM, employerSide, other, ratio));
    }

    function notFinal(bytes32 caseId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.NotFinal.selector, caseId);
    }
}
