// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BraintrustToken} from "../../../src/BraintrustToken.sol";
import {Policy} from "../../../src/Policy.sol";
import {PanelCourt} from "../../../src/court/PanelCourt.sol";
import {ICourtRules} from "../../../src/interfaces/ICourtRules.sol";
import {IPanelCourt} from "../../../src/interfaces/IPanelCourt.sol";
import {Base, Vm} from "../../utils/Base.sol";
import {BlacklistToken} from "../../utils/Tokens.sol";
import {policyArguments} from "../utils/CourtTest.sol";
import {CourtLedger} from "./CourtLedger.sol";

/// @notice Drives the court through every lawful call in any order. Each call must succeed, and what it logged is all that
/// the ledger learns. Cases are about a token that refuses people, or about BTRST itself; sides enlist as arbiters too.
contract CourtHandler is Base {
    uint256 public constant PEOPLE = 14; // the first four are sides as well
    uint256 public constant ESCROWS = 2;
    uint256 public constant SEAT = 1000e18 + 1; // odd, so that shares leave units over
    address private constant STRANGER = address(0x57a);
    address public constant TREASURY = address(0x7EA5);

    BraintrustToken public immutable btrst = new BraintrustToken(address(this));
    BlacklistToken public immutable dollar = new BlacklistToken();
    Policy public immutable book = Policy(deploy("Policy", type(Policy).creationCode, policyArguments(address(this))));
    PanelCourt public immutable court;
    CourtLedger public immutable ledger = new CourtLedger(address(btrst), TREASURY);
    mapping(bytes32 vote => uint256) private _sealed;
    mapping(bytes32 caseId => uint256) public firstRuling; // one more than the ruling
    uint256 private _milestones;

    constructor() {
        court = new PanelCourt(btrst, SEAT, book, TREASURY);
        ICourtRules.CourtToken[] memory tokens = new ICourtRules.CourtToken[](2);
        tokens[0] = ICourtRules.CourtToken(address(dollar), 7);
        tokens[1] = ICourtRules.CourtToken(address(btrst), 11);
        book.addCourtRules(ICourtRules.CourtRuleSet(500, 1000, 5 days, 1 days, 2 days, 1 days, 2 days), tokens);
        book.addCourtRules(ICourtRules.CourtRuleSet(1000, 0, 14 days, 3 days, 7 days, 5 days, 7 days), tokens);
        for (uint256 i = 0; i < PEOPLE + ESCROWS; ++i) {
            address person = i < PEOPLE ? personAt(i) : escrowAt(i);
            btrst.transfer(person, 1_000_000e18);
            dollar.mint(person, type(uint192).max);
            vm.prank(person);
            btrst.approve(address(court), type(uint256).max);
            vm.prank(person);
            dollar.approve(address(court), type(uint256).max);
        }
        for (uint256 i = 0; i < PEOPLE * ESCROWS; ++i) {
            enlist(i, i / PEOPLE, 2);
        }
    }

    /// @dev Tells the ledger what the court logged, and nothing else; then keeps every ruling that is final.
    modifier told() {
        vm.recordLogs();
        _;
        tell();
    }

    function tell() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(court)) ledger.read(logs[i]);
        }
        for (uint256 i = 0; i < ledger.size(); ++i) {
            (bool isFinal, uint256 talentBps) = court.ruling(ledger.cases(i));
            if (isFinal && firstRuling[ledger.cases(i)] == 0) firstRuling[ledger.cases(i)] = talentBps + 1;
        }
    }

    // ------------------------------------------------------------------------------------------------- arbiters

    function enlist(uint256 who, uint256 where, uint256 seats) public told {
        if (seedKnown(escrowAt(where))) return;
        vm.prank(personAt(who));
        court.enlist(escrowAt(where), uint32(bound(seats, 1, 3)));
    }

    function retire(uint256 who, uint256 where, uint256 seats) external told {
        (IPanelCourt.Arbiter memory arbiter,) = court.arbiterOf(escrowAt(where), personAt(who));
        if (seedKnown(escrowAt(where)) || arbiter.bonded == arbiter.locked) return;
        vm.prank(personAt(who));
        court.retire(escrowAt(where), uint32(bound(seats, 1, arbiter.bonded - arbiter.locked)));
    }

    function takeBond(uint256 who, uint256 where) external told {
        (, IPanelCourt.Leaving memory leaving) = court.arbiterOf(escrowAt(where), personAt(who));
        if (leaving.seats == 0 || block.timestamp <= leaving.availableAt) return;
        vm.prank(personAt(who));
        court.takeBond(escrowAt(where));
    }

    function withdraw(uint256 who, bool inBtrst) external told {
        address party = who % (PEOPLE + 1) == PEOPLE ? TREASURY : personAt(who);
        address token = inBtrst ? address(btrst) : address(dollar);
        if (court.creditOf(party, token) == 0 || (!inBtrst && dollar.refused(address(court)))) return;
        vm.prank(party);
        court.withdraw(token, STRANGER);
    }

    // ------------------------------------------------------------------------------------------------- cases

    function open(uint256 seed, uint256 sum, uint256 ratio) external told {
        address token = seed % 3 == 0 ? address(btrst) : address(dollar);
        address escrow = escrowAt(seed >> 8);
        if (token == address(dollar) && (dollar.refused(escrow) || dollar.refused(address(court)))) return;
        uint256 most = token == address(btrst) ? 1000e18 : type(uint96).max;
        (address employerSide, address talent) = (personAt((seed >> 16) % 2), personAt(2 + (seed >> 24) % 2));
        vm.prank(escrow);
        court.open(
            0, ++_milestones, 1 + (seed >> 32) % 2, token, bound(sum, 0, most), employerSide, talent, ratio % 10_000
        );
    }

    /// @dev Some steps of one case: each the lawful one that its phase asks for.
    function play(uint256 pick, uint256 seed) external told {
        if (ledger.size() == 0) return;
        bytes32 caseId = ledger.cases(pick % ledger.size());
        for (uint256 i = 0; i <= pick % 5; ++i) {
            step(caseId, uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function step(bytes32 caseId, uint256 seed) private {
        IPanelCourt.Case memory dispute = court.caseOf(caseId);
        ICourtRules.CourtRuleSet memory rules = court.rulesOf(dispute.rules);
        if (dispute.phase == IPanelCourt.Phase.Response) answer(caseId, dispute, rules, seed);
        if (dispute.phase == IPanelCourt.Phase.Drawing) drawNext(caseId, dispute, rules, seed);
        if (dispute.phase == IPanelCourt.Phase.Voting) vote(caseId, dispute, rules, seed);
    }

    function answer(
        bytes32 caseId,
        IPanelCourt.Case memory dispute,
        ICourtRules.CourtRuleSet memory rules,
        uint256 seed
    ) private {
        if (block.timestamp > dispute.since + uint256(rules.responseWindow)) {
            return concludeNow(caseId, dispute);
        }
        if (seed % 16 == 0) return vm.warp(dispute.since + rules.responseWindow + 1);
        if (seed % 16 == 1) {
            vm.prank(dispute.talent);
            return court.concede(caseId);
        }
        uint256 ratio = bound(seed >> 8, uint256(dispute.employerBps) + 1, 10_000);
        address payer = seed % 2 == 0 ? dispute.talent : personAt(seed >> 4);
        bool canPay = dispute.token == address(btrst) || !(dollar.refused(payer) || dollar.refused(address(court)));
        vm.prank(dispute.talent);
        court.respond(caseId, ratio, canPay && payer == dispute.talent);
        if (!canPay || payer == dispute.talent) return;
        vm.prank(payer);
        court.payResponse(caseId);
    }

    function drawNext(
        bytes32 caseId,
        IPanelCourt.Case memory dispute,
        ICourtRules.CourtRuleSet memory rules,
        uint256 seed
    ) private {
        if (block.timestamp > dispute.since + uint256(rules.drawWindow)) {
            return concludeNow(caseId, dispute);
        }
        if (dispute.ticket == 0) return court.queueDraw(caseId);
        if (seed % 8 == 0) return vm.roll(block.number + 300);
        while (court.caseOf(caseId).ticket != 0) {
            drawFirst(dispute.arbitrable);
        }
    }

    /// @dev Draws whatever is first in a pool's row.
    function drawFirst(address escrow) private {
        IPanelCourt.Pool memory pool = court.poolOf(escrow);
        if (block.number <= pool.seedBlock) vm.roll(pool.seedBlock + 1);
        for (uint256 i = 0; i < ledger.size(); ++i) {
            IPanelCourt.Case memory dispute = court.caseOf(ledger.cases(i));
            if (dispute.arbitrable == escrow && dispute.ticket == pool.drawn + 1) return court.draw(ledger.cases(i));
        }
        revert("nobody holds the next ticket");
    }

    function vote(bytes32 caseId, IPanelCourt.Case memory dispute, ICourtRules.CourtRuleSet memory rules, uint256 seed)
        private
    {
        uint256 commitEnds = dispute.since + uint256(rules.commitWindow);
        uint256 revealEnds = commitEnds + rules.revealWindow;
        if (block.timestamp <= commitEnds) return sealVotes(caseId, dispute, seed, commitEnds);
        if (block.timestamp <= revealEnds) return openVotes(caseId, dispute, seed, revealEnds);
        (bool ruled, uint256 opened) = countOf(caseId, dispute.round);
        if (!ruled && dispute.round % 2 == 0 && block.timestamp <= revealEnds + rules.drawWindow) {
            if (seed % 8 == 0) return vm.warp(revealEnds + rules.drawWindow + 1);
            return court.queueDraw(caseId);
        }
        bool canAppeal = ruled && dispute.round < 2 && block.timestamp <= revealEnds + rules.appealWindow;
        if (!canAppeal) return concludeNow(caseId, dispute);
        if (seed % 3 == 0) return vm.warp(revealEnds + rules.appealWindow + 1);
        address side = (seed >> 8) % 2 == 0 ? dispute.talent : dispute.employerSide;
        if (dispute.token == address(dollar) && (dollar.refused(side) || dollar.refused(address(court)))) return;
        vm.assertTrue(opened > 1);
        vm.prank(side);
        court.appeal(caseId);
    }

    function sealVotes(bytes32 caseId, IPanelCourt.Case memory dispute, uint256 seed, uint256 ends) private {
        (address[] memory arbiters,) = court.panelOf(caseId, dispute.round);
        for (uint256 seat = 0; seat < arbiters.length; ++seat) {
            if ((seed >> seat) % 8 == 0) continue;
            // Votes come near each other or far apart, so that bands divide.
            uint256 ratio = 4000 + (seed >> (16 * seat)) % ((seed >> 4) % 2 == 0 ? 1500 : 6001);
            _sealed[keccak256(abi.encode(caseId, dispute.round, seat))] = ratio;
            bytes32 sealed_ = keccak256(
                abi.encode(block.chainid, court, caseId, uint256(dispute.round), arbiters[seat], ratio, bytes32(seat))
            );
            vm.prank(arbiters[seat]);
            court.commit(caseId, seat, sealed_);
        }
        vm.warp(ends + 1);
    }

    function openVotes(bytes32 caseId, IPanelCourt.Case memory dispute, uint256 seed, uint256 ends) private {
        (address[] memory arbiters,) = court.panelOf(caseId, dispute.round);
        for (uint256 seat = 0; seat < arbiters.length; ++seat) {
            if (court.commitmentOf(caseId, dispute.round, seat) == 0 || (seed >> seat) % 6 == 0) continue;
            uint256 ratio = _sealed[keccak256(abi.encode(caseId, dispute.round, seat))];
            court.reveal(caseId, seat, ratio, bytes32(seat));
        }
        vm.warp(ends + 1);
    }

    function countOf(bytes32 caseId, uint256 round) private view returns (bool ruled, uint256 opened) {
        (, uint256[] memory votes) = court.panelOf(caseId, round);
        for (uint256 seat = 0; seat < votes.length; ++seat) {
            if (votes[seat] <= 10_000) ++opened;
        }
        return (2 * opened > votes.length, opened);
    }

    /// @notice Lets time and a stranger end one case; returns the last second that time had to pass to.
    function endByTime(bytes32 caseId) external told returns (uint256 end) {
        IPanelCourt.Case memory dispute = court.caseOf(caseId);
        if (dispute.phase == IPanelCourt.Phase.None) return 0;
        end = ledger.toldOf(caseId).openedAt + court.longest(dispute.rules) + 1;
        if (block.timestamp < end) vm.warp(end);
        if (dispute.phase != IPanelCourt.Phase.Concluded) concludeNow(caseId, dispute);
    }

    function concludeNow(bytes32 caseId, IPanelCourt.Case memory dispute) private {
        while (seedKnown(dispute.arbitrable)) {
            drawFirst(dispute.arbitrable);
        }
        vm.prank(STRANGER);
        court.conclude(caseId);
    }

    // ------------------------------------------------------------------------------------------------- the world

    function refuse(uint256 who, bool on, bool saysFalse) external {
        dollar.refuse(who % 8 == 7 ? address(court) : personAt(who), on);
        dollar.sayFalse(saysFalse);
    }

    function wait(uint256 duration, uint256 blocks) external told {
        vm.warp(block.timestamp + bound(duration, 0, 2 days));
        vm.roll(block.number + bound(blocks, 1, 300));
    }

    function seedKnown(address escrow) public view returns (bool) {
        IPanelCourt.Pool memory pool = court.poolOf(escrow);
        bool known = block.number >= pool.seedBlock && block.number <= pool.seedBlock + 256;
        return pool.drawn != pool.seeded && known;
    }

    function personAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xBE0000 + seed % PEOPLE));
    }

    function escrowAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xE5C000 + seed % ESCROWS));
    }
}
