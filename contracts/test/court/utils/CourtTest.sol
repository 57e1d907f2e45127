// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BraintrustToken} from "../../../src/BraintrustToken.sol";
import {Policy} from "../../../src/Policy.sol";
import {PanelCourt} from "../../../src/court/PanelCourt.sol";
import {ICourtRules} from "../../../src/interfaces/ICourtRules.sol";
import {IPanelCourt} from "../../../src/interfaces/IPanelCourt.sol";
import {IPolicy} from "../../../src/interfaces/IPolicy.sol";
import {Base} from "../../utils/Base.sol";
import {Dollar} from "../../utils/Tokens.sol";

/// @dev A policy that `owner` adds court rules to.
function policyArguments(address owner) pure returns (bytes memory) {
    return abi.encode(
        owner,
        IPolicy.Parameters(address(1), 1500, 3 days, 90 days, 3 days, 30 days, 0, address(0)),
        new IPolicy.PaymentToken[](0),
        new IPolicy.OfficialAddress[](0)
    );
}

/// @notice One court, one rule set, an escrow that opens cases in it, and the arbiters who enlisted for that escrow.
abstract contract CourtTest is Base {
    uint256 internal constant NOW = 1_800_000_000;
    uint256 internal constant BLOCK = 20_000_000;
    uint256 internal constant SEAT = 1000e18;
    uint256 internal constant SUM = 1000e6;
    uint256 internal constant COST = 50e6;
    uint256 internal constant BAND = 1000;
    uint256 internal constant SILENT = 65_535;
    uint256 internal constant EMPLOYER_ASKS = 2000;
    uint256 internal constant TALENT_ASKS = 9000;
    bytes32 internal constant NEGOTIATION = keccak256("negotiation");

    address internal constant escrow = address(0xE5C0);
    address internal constant employer = address(0xE1);
    address internal constant talent = address(0x7A1);
    address internal constant stranger = address(0x57a);
    address internal constant treasury = address(0x7EA5);

    BraintrustToken internal btrst;
    Policy internal book;
    PanelCourt internal court;
    Dollar internal token;

    function setUp() public virtual {
        start(courtArguments);
        useToken(new Dollar());
    }

    function start(function() internal view returns (bytes memory) arguments) internal {
        vm.warp(NOW);
        vm.roll(BLOCK);
        btrst = new BraintrustToken(address(this));
        book = Policy(deploy("Policy", type(Policy).creationCode, policyArguments(address(this))));
        court = PanelCourt(deploy("PanelCourt", type(PanelCourt).creationCode, arguments()));
    }

    function courtArguments() internal view returns (bytes memory) {
        return abi.encode(btrst, SEAT, book, treasury);
    }

    // ------------------------------------------------------------------------------------------------- rules

    function ruleSet() internal pure returns (ICourtRules.CourtRuleSet memory) {
        return ICourtRules.CourtRuleSet({
            costBps: 500,
            bandBps: uint16(BAND),
            responseWindow: 5 days,
            drawWindow: 1 days,
            commitWindow: 3 days,
            revealWindow: 2 days,
            appealWindow: 3 days
        });
    }

    function heard(address one, uint96 costMin) internal pure returns (ICourtRules.CourtToken[] memory tokens) {
        tokens = new ICourtRules.CourtToken[](1);
        tokens[0] = ICourtRules.CourtToken(one, costMin);
    }

    /// @dev Rules for `next`, of which the escrow, both sides and the stranger hold plenty. Returns their id.
    function useToken(Dollar next) internal returns (uint256 rules) {
        token = next;
        rules = book.addCourtRules(ruleSet(), heard(address(next), 1e6));
        address[4] memory holders = [escrow, employer, talent, stranger];
        for (uint256 i = 0; i < holders.length; ++i) {
            token.mint(holders[i], type(uint128).max);
            vm.prank(holders[i]);
            token.approve(address(court), type(uint256).max);
        }
    }

    // ------------------------------------------------------------------------------------------------- arbiters

    function arbiterAt(uint256 i) internal pure returns (address) {
        return address(uint160(0xA0000 + i));
    }

    function enlist(uint256 count, uint32 seats) internal {
        for (uint256 i = 0; i < count; ++i) {
            enlist(arbiterAt(i), seats);
        }
    }

    function enlist(address arbiter, uint32 seats) internal {
        btrst.transfer(arbiter, seats * SEAT);
        vm.prank(arbiter);
        btrst.approve(address(court), type(uint256).max);
        vm.prank(arbiter);
        court.enlist(escrow, seats);
    }

    function retire(address arbiter, uint32 seats) internal {
        vm.prank(arbiter);
        court.retire(escrow, seats);
    }

    /// @dev One that bonded a seat and sits nowhere.
    function freeArbiter() internal view returns (address) {
        uint256 i;
        while (lockedOf(arbiterAt(i)) > 0 || bondedOf(arbiterAt(i)) == 0) ++i;
        return arbiterAt(i);
    }

    function bondedOf(address arbiter) internal view returns (uint256) {
        (IPanelCourt.Arbiter memory found,) = court.arbiterOf(escrow, arbiter);
        return found.bonded;
    }

    function lockedOf(address arbiter) internal view returns (uint256) {
        (IPanelCourt.Arbiter memory found,) = court.arbiterOf(escrow, arbiter);
        return found.locked;
    }

    // ------------------------------------------------------------------------------------------------- cases

    function open(uint256 milestone) internal returns (bytes32) {
        return open(milestone, SUM);
    }

    function open(uint256 milestone, uint256 sum) internal returns (bytes32) {
        uint256 rules = book.courtRulesCount();
        vm.prank(escrow);
        return court.open(NEGOTIATION, milestone, rules, address(token), sum, employer, talent, EMPLOYER_ASKS);
    }

    function respond(bytes32 caseId) internal {
        vm.prank(talent);
        court.respond(caseId, TALENT_ASKS, true);
    }

    /// @dev A case whose deposits are both paid, waiting for its draw.
    function answered(uint256 milestone) internal returns (bytes32 caseId) {
        caseId = open(milestone);
        respond(caseId);
    }

    function toSeed() internal {
        vm.roll(court.poolOf(escrow).seedBlock + 1);
    }

    function drawn(bytes32 caseId) internal returns (address[] memory arbiters) {
        toSeed();
        court.draw(caseId);
        (arbiters,) = court.panelOf(caseId, court.caseOf(caseId).round);
    }

    /// @dev A case before a first panel of three.
    function panelled() internal returns (bytes32 caseId, address[] memory arbiters) {
        caseId = answered(0);
        arbiters = drawn(caseId);
    }

    function commitment(bytes32 caseId, address arbiter, uint256 vote) internal view returns (bytes32) {
        uint256 round = court.caseOf(caseId).round;
        return keccak256(abi.encode(block.chainid, address(court), caseId, round, arbiter, vote, salt(arbiter)));
    }

    function salt(address arbiter) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", arbiter));
    }

    function commit(bytes32 caseId, uint256 seat, uint256 vote) internal {
        (address[] memory arbiters,) = court.panelOf(caseId, court.caseOf(caseId).round);
        bytes32 sealed_ = commitment(caseId, arbiters[seat], vote);
        vm.prank(arbiters[seat]);
        court.commit(caseId, seat, sealed_);
    }

    function reveal(bytes32 caseId, uint256 seat, uint256 vote) internal {
        (address[] memory arbiters,) = court.panelOf(caseId, court.caseOf(caseId).round);
        court.reveal(caseId, seat, vote, salt(arbiters[seat]));
    }

    /// @dev Seals and opens the votes, one a seat, and passes the reveal window; SILENT seats do neither.
    function hear(bytes32 caseId, uint256[] memory votes) internal {
        for (uint256 seat = 0; seat < votes.length; ++seat) {
            if (votes[seat] != SILENT) commit(caseId, seat, votes[seat]);
        }
        toReveal(caseId);
        for (uint256 seat = 0; seat < votes.length; ++seat) {
            if (votes[seat] != SILENT) reveal(caseId, seat, votes[seat]);
        }
        pass(3 days + 2 days, caseId);
    }

    function hear(bytes32 caseId, uint256 a, uint256 b, uint256 c) internal {
        hear(caseId, list(a, b, c));
    }

    function list(uint256 a, uint256 b, uint256 c) internal pure returns (uint256[] memory votes) {
        votes = new uint256[](3);
        (votes[0], votes[1], votes[2]) = (a, b, c);
    }

    function list(uint256 a, uint256 b, uint256 c, uint256 d, uint256 e)
        internal
        pure
        returns (uint256[] memory votes)
    {
        votes = new uint256[](5);
        (votes[0], votes[1], votes[2], votes[3], votes[4]) = (a, b, c, d, e);
    }

    function toReveal(bytes32 caseId) internal {
        pass(3 days, caseId);
    }

    /// @dev To the first second after a window that runs from `since`.
    function pass(uint256 window, bytes32 caseId) internal {
        vm.warp(court.caseOf(caseId).since + window + 1);
    }

    function passAppeal(bytes32 caseId) internal {
        pass(3 days + 2 days + 3 days, caseId);
    }

    function appeal(bytes32 caseId, address side) internal {
        vm.prank(side);
        court.appeal(caseId);
    }

    // ------------------------------------------------------------------------------------------------- checks

    function assertRuling(bytes32 caseId, uint256 expected) internal view {
        (bool isFinal, uint256 talentBps) = court.ruling(caseId);
        vm.assertTrue(isFinal, "not final");
        vm.assertEq(talentBps, expected);
    }

    function assertNoRuling(bytes32 caseId) internal view {
        (bool isFinal, uint256 talentBps) = court.ruling(caseId);
        vm.assertTrue(!isFinal, "final");
        vm.assertEq(talentBps, 0);
    }

    function assertPhase(bytes32 caseId, IPanelCourt.Phase phase) internal view {
        vm.assertEq(uint256(court.caseOf(caseId).phase), uint256(phase));
    }

    function held() internal view returns (uint256) {
        return token.balanceOf(address(court));
    }

    function credit(address party) internal view returns (uint256) {
        return court.creditOf(party, address(token));
    }

    function reward(address party) internal view returns (uint256) {
        return court.creditOf(party, address(btrst));
    }

    function refuses(address caller, bytes memory data, bytes memory refusal) internal {
        vm.prank(caller);
        (bool done, bytes memory answer) = address(court).call(data);
        vm.assertTrue(!done, "accepted");
        vm.assertEq(keccak256(answer), keccak256(refusal));
    }

    function unauthorized(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.Unauthorized.selector, caller);
    }

    function wrongPhase(bytes32 caseId, IPanelCourt.Phase phase) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.WrongPhase.selector, caseId, phase);
    }

    function tooLate(uint256 closedAfter) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.TooLate.selector, closedAfter);
    }

    function tooEarly(uint256 opensAfter) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.TooEarly.selector, opensAfter);
    }

    function seedPending() internal view returns (bytes memory) {
        return abi.encodeWithSelector(IPanelCourt.SeedPending.selector, court.poolOf(escrow).seedBlock);
    }
}
