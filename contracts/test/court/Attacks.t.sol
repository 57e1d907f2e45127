// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourt} from "../../src/interfaces/ICourt.sol";
import {IPanelCourt} from "../../src/interfaces/IPanelCourt.sol";
import {
    BlacklistToken,
    Dollar,
    FeeOnTransferToken,
    GenerousToken,
    HostileToken,
    SilentToken
} from "../utils/Tokens.sol";
import {CourtTest} from "./utils/CourtTest.sol";

/// @notice Refuses at once to work for little gas.
contract FussyToken is Dollar {
    function transfer(address to, uint256 amount) public override returns (bool) {
        require(gasleft() > 150_000, "little gas");
        return super.transfer(to, amount);
    }
}

/// @notice Odd tokens, bribes, and what a last voter can do.
contract AttacksTest is CourtTest {
    uint256 private constant PLENTY = type(uint128).max;

    function setUp() public override {
        super.setUp();
        enlist(8, 1);
    }

    // ------------------------------------------------------------------------------------------------- votes

    /// Attack: withholding. Two of three open; the third is silent, loses its seat to them and stops nothing.
    function test_attack_withholdingAVoteOnlyCostsItsSeat(uint256 a, uint256 b) public {
        (a, b) = (bound(a, 0, 10_000), bound(b, 0, 10_000));
        (bytes32 caseId, address[] memory arbiters) = panelled();
        for (uint256 seat = 0; seat < 3; ++seat) {
            commit(caseId, seat, seat == 0 ? a : b);
        }
        toReveal(caseId);
        reveal(caseId, 0, a);
        reveal(caseId, 1, b);
        passAppeal(caseId);
        assertRuling(caseId, a > b ? a : b);
        court.conclude(caseId);
        vm.assertEq(bondedOf(arbiters[2]), 0);
        vm.assertEq(reward(arbiters[2]) + credit(arbiters[2]), 0);
        vm.assertEq(
            reward(arbiters[0]) + reward(arbiters[1]) + (bondedOf(arbiters[0]) + bondedOf(arbiters[1])) * SEAT, 3 * SEAT
        );
    }

    /// Attack: the last to open knows the others. Open or silent, the ruling stays among the others' votes; silence
    /// costs a seat, and opening is never worse than silence.
    function test_attack_theLastVoterMovesTheRulingOnlyAmongTheOthers(uint256 a, uint256 b, uint256 last, bool opens)
        public
    {
        (a, b, last) = (bound(a, 0, 10_000), bound(b, 0, 10_000), bound(last, 0, 10_000));
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, list(a, b, opens ? last : SILENT));
        passAppeal(caseId);
        (, uint256 talentBps) = court.ruling(caseId);
        vm.assertTrue(talentBps >= (a < b ? a : b) && talentBps <= (a > b ? a : b), "outside of the others");
        court.conclude(caseId);
        if (!opens) vm.assertEq(bondedOf(arbiters[2]), 0);
    }

    /// Attack: bribing one of three beyond the band. The ruling stays among the honest votes and the bribed one pays.
    function test_attack_aBribedMinorityPays(uint256 honest, uint256 bribed) public {
        honest = bound(honest, 0, 10_000);
        bribed = bound(bribed, 0, 10_000);
        uint256 off = honest > bribed ? honest - bribed : bribed - honest;
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, honest, bribed, honest);
        passAppeal(caseId);
        assertRuling(caseId, honest);
        court.conclude(caseId);
        vm.assertEq(bondedOf(arbiters[1]), off <= BAND ? 1 : 0);
        vm.assertEq(credit(arbiters[1]) == 0, off > BAND);
    }

    /// Attack: bribing most of a small panel. Five others are one deposit away, and by their ruling the bribed pay.
    function test_attack_aBribedMajorityPaysAfterTheAppeal() public {
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 2000, 2000, 9000);
        appeal(caseId, talent);
        drawn(caseId);
        hear(caseId, list(9000, 9000, 9000, 9000, 9000));
        court.conclude(caseId);
        vm.assertEq(bondedOf(arbiters[0]) + bondedOf(arbiters[1]), 0);
        vm.assertEq(bondedOf(arbiters[2]), 1);
    }

    /// No loss is above the seat: whatever else an arbiter bonded stays.
    function test_attack_noPenaltyExceedsASeat(uint256 votes) public {
        for (uint256 i = 0; i < 8; ++i) {
            enlist(arbiterAt(i), 4);
        }
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, votes % 2 == 0 ? 0 : SILENT, 5000, 5000);
        passAppeal(caseId);
        court.conclude(caseId);
        vm.assertEq(bondedOf(arbiters[0]), 4);
        vm.assertEq(lockedOf(arbiters[0]), 0);
    }

    // ------------------------------------------------------------------------------------------------- strangers

    /// Attack: a stranger's contract opens cases to draft arbiters or to hold them. Its pool is its own.
    function test_attack_aStrangersContractHurtsOnlyItself() public {
        uint256 before = token.balanceOf(stranger);
        vm.prank(stranger);
        bytes32 caseId = court.open(NEGOTIATION, 0, 1, address(token), SUM, employer, talent, EMPLOYER_ASKS);
        respond(caseId);
        enlist(arbiterAt(9), 1);
        retire(arbiterAt(0), 1);
        vm.roll(court.poolOf(stranger).seedBlock + 1);
        retire(arbiterAt(1), 1);
        court.draw(caseId);
        vm.assertEq(court.poolOf(escrow).weight, 7);
        vm.warp(NOW + 1 days + 1);
        court.conclude(caseId);
        vm.assertEq(before - token.balanceOf(stranger), COST);
        vm.assertEq(token.balanceOf(talent), PLENTY);
        vm.assertEq(held(), 0);
    }

    /// Attack: dust cases that make arbiters work for nothing. Every case costs the rules' least sum, twice.
    function test_attack_dustIsHeardAtTheLeastCost() public {
        bytes32 caseId = open(0, 1);
        vm.assertEq(held(), 1e6);
        respond(caseId);
        vm.assertEq(held(), 2e6);
    }

    // ------------------------------------------------------------------------------------------------- tokens

    function test_attack_tokensThatTakeAFeeAreRefused() public {
        uint256 rules = useToken(new FeeOnTransferToken());
        refusesToOpen(rules, misbehaved(COST - 1));
        rules = useToken(new GenerousToken());
        refusesToOpen(rules, misbehaved(COST + 1));
    }

    function test_silentToken_worksThroughout() public {
        SilentToken silent = new SilentToken();
        book.addCourtRules(ruleSet(), heard(address(silent), 1));
        token = Dollar(address(silent));
        silent.mint(escrow, COST);
        silent.mint(talent, COST);
        (bytes32 caseId,) = panelled();
        hear(caseId, 9000, 9000, 9000);
        passAppeal(caseId);
        court.conclude(caseId);
        vm.assertEq(silent.balanceOf(talent), COST);
        vm.assertEq(silent.balanceOf(address(court)), COST);
    }

    /// Attack: a payee that the token refuses. It is credited; the case ends for everybody else.
    function test_attack_aRefusedPayeeBlocksNobody(bool saysFalse) public {
        BlacklistToken list_ = new BlacklistToken();
        useToken(list_);
        list_.sayFalse(saysFalse);
        (bytes32 caseId,) = panelled();
        hear(caseId, 9000, 9000, 9000);
        passAppeal(caseId);
        list_.refuse(talent, true);
        vm.expectEmit(address(court));
        emit IPanelCourt.Credited(talent, address(token), caseId, COST);
        court.conclude(caseId);
        vm.assertEq(credit(talent), COST);
        list_.refuse(talent, false);
        vm.prank(talent);
        court.withdraw(address(token), talent);
        vm.assertEq(token.balanceOf(talent), PLENTY);
    }

    /// Attack: a token that answers a payment by anything but a payment.
    function test_attack_hostileAnswersBecomeCredits(uint256 answer) public {
        HostileToken hostile = new HostileToken();
        useToken(hostile);
        bytes32 caseId = open(0);
        hostile.become(HostileToken.Answer(bound(answer, 1, 4)));
        vm.prank(talent);
        court.concede{gas: 500_000}(caseId);
        vm.assertEq(credit(employer), COST);
        vm.assertEq(held(), COST);
    }

    /// Attack: too little gas, to turn somebody's payment into a credit.
    function test_attack_littleGasMakesNoCredit(uint256 gas_) public {
        useToken(new FussyToken());
        bytes32 caseId = open(0);
        gas_ = bound(gas_, 60_000, 500_000);
        vm.prank(talent);
        (bool done,) = address(court).call{gas: gas_}(abi.encodeCall(IPanelCourt.concede, (caseId)));
        vm.assertEq(credit(employer), 0);
        vm.assertEq(token.balanceOf(employer), done ? PLENTY + COST : PLENTY);
    }

    function test_conclude_asksForTheGasOfAPayment() public {
        bytes32 caseId = open(0);
        vm.prank(talent);
        (bool done, bytes memory answer) =
            address(court).call{gas: 200_000}(abi.encodeCall(IPanelCourt.concede, (caseId)));
        vm.assertTrue(!done, "accepted");
        vm.assertEq(bytes32(bytes4(answer)), bytes32(IPanelCourt.NotEnoughGas.selector));
        uint256 needed;
        assembly ("memory-safe") {
            needed := mload(add(answer, 0x44))
        }
        vm.assertEq(needed, 215_000);
    }

    /// Attack: a token that later refuses the court delays its own payments only; bonds leave as ever.
    function test_attack_aTokenThatRefusesTheCourtHoldsNoBond() public {
        BlacklistToken list_ = new BlacklistToken();
        useToken(list_);
        (bytes32 caseId, address[] memory arbiters) = panelled();
        hear(caseId, 9000, 9000, 9000);
        passAppeal(caseId);
        list_.refuse(address(court), true);
        court.conclude(caseId);
        vm.assertEq(credit(talent), COST);
        vm.prank(arbiters[0]);
        (bool done,) = address(court).call(abi.encodeCall(IPanelCourt.withdraw, (address(token), stranger)));
        vm.assertTrue(!done, "paid by a refusing token");
        retire(arbiters[0], 1);
        vm.warp(block.timestamp + 14 days + 1);
        vm.prank(arbiters[0]);
        court.takeBond(escrow);
        vm.assertEq(btrst.balanceOf(arbiters[0]), SEAT);
    }

    function refusesToOpen(uint256 rules, bytes memory refusal) private {
        bytes memory data =
            abi.encodeCall(ICourt.open, (NEGOTIATION, 0, rules, address(token), SUM, employer, talent, EMPLOYER_ASKS));
        refuses(escrow, data, refusal);
    }

    function misbehaved(uint256 received) private view returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.TokenMisbehaved.selector, address(token), COST, received);
    }
}
