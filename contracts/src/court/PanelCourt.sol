// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {ICourtRules} from "../interfaces/ICourtRules.sol";
import {IPanelCourt} from "../interfaces/IPanelCourt.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {CourtCases} from "./CourtCases.sol";
import {Panel, PanelLib} from "./Panel.sol";

/// @title The court of drawn arbiters
/// @dev Every entry point takes the one lock, checks, writes, emits, and only then moves tokens. A case is loaded, changed
/// in memory and stored whole: words that did not change cost next to nothing.
contract PanelCourt is CourtCases {
    /// @dev What the seats of a case share, as far as it is not given away yet. Whoever comes last gets the odd units.
    struct Purse {
        uint256 fee; // in the case's token, for right votes
        uint256 forfeits; // in BTRST, of the wrong votes, for right votes
        uint256 right; // right votes not paid yet
        uint256 ruling;
        uint256 band;
    }

    /// @dev What goes back to the sides, and what the arbiters share.
    struct Bill {
        uint256 employerBack;
        uint256 talentBack;
        uint256 appealBack;
        uint256 fee;
    }

    /// @param btrst what bonds are in
    /// @param seat base units of BTRST that a seat locks
    /// @param rules where rule sets are read
    /// @param treasury gets the seats of a panel that was silent to the last
    constructor(IERC20 btrst, uint256 seat, ICourtRules rules, address treasury)
        CourtCases(btrst, seat, rules, treasury)
    {}

    // ------------------------------------------------------------------------------------------------ the sides

    /// @inheritdoc ICourt
    function open(
        bytes32 negotiation,
        uint256 milestone,
        uint256 rules,
        address token,
        uint256 sum,
        address employerSide,
        address talent,
        uint256 employerRatio
    ) external nonReentrant returns (bytes32 caseId) {
        Opening memory opening;
        opening.arbitrable = msg.sender;
        opening.negotiation = negotiation;
        opening.milestone = milestone;
        opening.rules = rules;
        opening.token = token;
        opening.sum = sum;
        opening.cost = cost(rules, token, sum);
        opening.employerBps = employerRatio;
        caseId = keccak256(abi.encode(msg.sender, negotiation, milestone));
        _open(caseId, opening, employerSide, talent);
        emit CaseOpened(caseId, employerSide, talent, opening);

        _pull(token, opening.cost);
    }

    function _open(bytes32 caseId, Opening memory opening, address employerSide, address talent) private {
        if (_load(caseId).phase != Phase.None) revert CaseExists(caseId);
        if (!Transfers.canReceive(employerSide, opening.token)) revert PartyInvalid(employerSide);
        if (!Transfers.canReceive(talent, opening.token) || talent == employerSide) revert PartyInvalid(talent);
        // Whoever would leave the talent everything has nothing to dispute.
        _requireRatio(opening.employerBps, 0, BPS - 1);
        if (_rules[opening.rules].costBps == 0) _rules[opening.rules] = RULES.courtRules(opening.rules);

        Case memory dispute;
        dispute.employerSide = employerSide;
        // forge-lint: disable-next-line(unsafe-typecast) at most 9,999
        dispute.employerBps = uint16(opening.employerBps);
        dispute.phase = Phase.Response;
        dispute.ruling = NO_RULING;
        dispute.talent = talent;
        dispute.since = uint40(block.timestamp);
        // forge-lint: disable-next-line(unsafe-typecast) ids count from 1
        dispute.rules = uint32(opening.rules);
        dispute.arbitrable = opening.arbitrable;
        // forge-lint: disable-next-line(unsafe-typecast) `cost` is capped at 96 bits
        dispute.cost = uint96(opening.cost);
        dispute.token = opening.token;
        _store(caseId, dispute);
    }

    /// @inheritdoc IPanelCourt
    function respond(bytes32 caseId, uint256 talentBps, bool pays) external nonReentrant {
        Case memory dispute = _inResponse(caseId);
        if (msg.sender != dispute.talent) revert Unauthorized(msg.sender);
        _requireRatio(talentBps, uint256(dispute.employerBps) + 1, BPS);

        // forge-lint: disable-next-line(unsafe-typecast) at most 10,000
        dispute.talentBps = uint16(talentBps);
        emit ResponseNamed(caseId, msg.sender, talentBps);
        if (pays) _payResponse(caseId, dispute);
        else _store(caseId, dispute);
    }

    /// @inheritdoc IPanelCourt
    function payResponse(bytes32 caseId) external nonReentrant {
        Case memory dispute = _inResponse(caseId);
        if (dispute.talentBps == 0) revert ResponseMissing(caseId);

        _payResponse(caseId, dispute);
    }

    function _payResponse(bytes32 caseId, Case memory dispute) private {
        _payers[caseId] = msg.sender;
        emit ResponsePaid(caseId, msg.sender, dispute.cost);
        _toDraw(caseId, dispute, 0, block.timestamp);

        _pull(dispute.token, dispute.cost);
    }

    /// @inheritdoc IPanelCourt
    function concede(bytes32 caseId) external nonReentrant {
        Case memory dispute = _inResponse(caseId);
        if (msg.sender != dispute.talent) revert Unauthorized(msg.sender);

        emit Conceded(caseId, msg.sender, dispute.employerBps);
        _conclude(caseId, dispute, dispute.employerBps);
    }

    /// @inheritdoc IPanelCourt
    function appeal(bytes32 caseId) external nonReentrant {
        Case memory dispute = _load(caseId);
        if (msg.sender != dispute.employerSide && msg.sender != dispute.talent) revert Unauthorized(msg.sender);
        if (dispute.phase != Phase.Voting || dispute.round >= APPEAL) revert WrongPhase(caseId, dispute.phase);
        (, uint256 revealEnds) = _votingEnds(dispute);
        _requireAfter(revealEnds);
        _requireWithin(revealEnds + _rules[dispute.rules].appealWindow);
        (bool ruled, uint256 median) = _panels[caseId][dispute.round].tally();
        if (!ruled) revert NothingToAppeal(caseId);

        dispute.talentAppealed = msg.sender == dispute.talent;
        (uint256 employerOff, uint256 talentOff) = _distances(dispute, median);
        bool further = dispute.talentAppealed ? talentOff > employerOff : employerOff > talentOff;
        dispute.appealCosts = further ? 2 : 1;
        // forge-lint: disable-next-line(unsafe-typecast) votes are at most 10,000
        dispute.ruling = uint16(median);
        uint256 deposit = uint256(dispute.cost) * dispute.appealCosts;
        emit Appealed(caseId, msg.sender, median, deposit);
        _toDraw(caseId, dispute, APPEAL, block.timestamp);

        _pull(dispute.token, deposit);
    }

    // ------------------------------------------------------------------------------------------------ the panel

    /// @inheritdoc IPanelCourt
    function queueDraw(bytes32 caseId) external nonReentrant {
        Case memory dispute = _load(caseId);
        uint256 drawWindow = _rules[dispute.rules].drawWindow;
        if (dispute.phase == Phase.Drawing) {
            if (dispute.ticket != 0) revert DrawWaits(caseId, dispute.ticket);
            _requireWithin(dispute.since + drawWindow);
            return _toDraw(caseId, dispute, dispute.round, dispute.since);
        }
        if (dispute.phase != Phase.Voting || _isRedraw(dispute)) revert WrongPhase(caseId, dispute.phase);
        (, uint256 revealEnds) = _votingEnds(dispute);
        _requireAfter(revealEnds);
        _requireWithin(revealEnds + drawWindow);
        (bool ruled,) = _panels[caseId][dispute.round].tally();
        if (ruled) revert PanelRuled(caseId);
        _toDraw(caseId, dispute, dispute.round + 1, revealEnds);
    }

    /// @inheritdoc IPanelCourt
    function draw(bytes32 caseId) external nonReentrant {
        Case memory dispute = _load(caseId);
        if (dispute.ticket == 0) revert WrongPhase(caseId, dispute.phase);
        bytes32 seed = _seed(dispute.arbitrable, dispute.ticket);
        if (seed == 0) return;

        dispute.ticket = 0;
        // A case that came too late only makes room for the next one.
        bool inTime = block.timestamp <= dispute.since + uint256(_rules[dispute.rules].drawWindow);
        Panel panel;
        if (dispute.phase == Phase.Drawing && inTime) panel = _seat(caseId, dispute, seed);
        if (panel.arbiterAt(0) == 0) emit PanelMissing(caseId, dispute.arbitrable, dispute.round);
        _store(caseId, dispute);
    }

    /// @dev Nobody sits twice in one case, and no side sits at all.
    function _seat(bytes32 caseId, Case memory dispute, bytes32 seed) private returns (Panel panel) {
        uint256[] memory barred = new uint256[](2 + PanelLib.SEATS_MAX * dispute.round);
        barred[0] = _numberOf(dispute.arbitrable, dispute.employerSide);
        barred[1] = _numberOf(dispute.arbitrable, dispute.talent);
        uint256 count = 2;
        for (uint256 round = 0; round < dispute.round; ++round) {
            Panel earlier = _panels[caseId][round];
            for (uint256 seat = 0; earlier.arbiterAt(seat) != 0; ++seat) {
                barred[count++] = earlier.arbiterAt(seat);
            }
        }
        seed = keccak256(abi.encode(seed, caseId, dispute.round));
        panel = _drawPanel(dispute.arbitrable, seed, dispute.round < APPEAL ? 3 : 5, barred);
        if (panel.arbiterAt(0) == 0) return panel;
        _panels[caseId][dispute.round] = panel;
        (dispute.phase, dispute.since) = (Phase.Voting, uint40(block.timestamp));
        emit PanelDrawn(caseId, dispute.arbitrable, dispute.round, _accountsOf(dispute.arbitrable, panel));
    }

    /// @inheritdoc IPanelCourt
    function commit(bytes32 caseId, uint256 seat, bytes32 commitment) external nonReentrant {
        Case memory dispute = _inVoting(caseId);
        (uint256 commitEnds,) = _votingEnds(dispute);
        _requireWithin(commitEnds);
        uint256 arbiter = _panels[caseId][dispute.round].arbiterAt(seat);
        if (arbiter == 0 || msg.sender != _accountOf(dispute.arbitrable, arbiter)) revert Unauthorized(msg.sender);

        _commitments[caseId][dispute.round][seat] = commitment;
        emit VoteCommitted(caseId, msg.sender, dispute.round, commitment);
    }

    /// @inheritdoc IPanelCourt
    function reveal(bytes32 caseId, uint256 seat, uint256 talentBps, bytes32 salt) external nonReentrant {
        Case memory dispute = _inVoting(caseId);
        (uint256 commitEnds, uint256 revealEnds) = _votingEnds(dispute);
        _requireAfter(commitEnds);
        _requireWithin(revealEnds);
        _requireRatio(talentBps, 0, BPS);
        Panel panel = _panels[caseId][dispute.round];
        address arbiter = _accountOf(dispute.arbitrable, panel.arbiterAt(seat));
        bytes32 sealed_ = keccak256(
            abi.encode(block.chainid, address(this), caseId, uint256(dispute.round), arbiter, talentBps, salt)
        );
        bytes32 commitment = _commitments[caseId][dispute.round][seat];
        if (commitment != sealed_) revert CommitmentMismatch(caseId, commitment);

        delete _commitments[caseId][dispute.round][seat];
        _panels[caseId][dispute.round] = panel.voted(seat, talentBps);
        emit VoteRevealed(caseId, arbiter, dispute.round, talentBps);
    }

    // ------------------------------------------------------------------------------------------------ the end

    /// @inheritdoc IPanelCourt
    function conclude(bytes32 caseId) external nonReentrant {
        Case memory dispute = _load(caseId);
        if (dispute.phase == Phase.None || dispute.phase == Phase.Concluded) revert WrongPhase(caseId, dispute.phase);
        (bool isOver, uint256 talentBps) = _outcome(caseId, dispute);
        if (!isOver) revert NotFinal(caseId);

        _conclude(caseId, dispute, talentBps);
    }

    function _conclude(bytes32 caseId, Case memory dispute, uint256 talentBps) private {
        Bill memory bill = _bill(caseId, dispute, talentBps);
        // forge-lint: disable-next-line(unsafe-typecast) at most 65,535
        (dispute.phase, dispute.ruling) = (Phase.Concluded, uint16(talentBps));
        _store(caseId, dispute);
        bool ruled = talentBps != NO_RULING;
        emit CaseConcluded(
            caseId,
            dispute.employerSide,
            dispute.talent,
            ruled,
            ruled ? talentBps : 0,
            bill.employerBack,
            bill.talentBack,
            bill.appealBack,
            bill.fee
        );
        _settle(caseId, dispute, bill.fee);

        _push(caseId, dispute.token, dispute.employerSide, bill.employerBack);
        _push(caseId, dispute.token, _payers[caseId], bill.talentBack);
        address appellant = dispute.talentAppealed ? dispute.talent : dispute.employerSide;
        _push(caseId, dispute.token, appellant, bill.appealBack);
    }

    /// @dev The side further from the ruling pays the arbiters, a tie half each, the odd unit by the employer side; five
    /// that ruled keep the appeal's deposit. Where no arbiter ruled everything goes back.
    function _bill(bytes32 caseId, Case memory dispute, uint256 talentBps) private view returns (Bill memory bill) {
        uint256 price = dispute.cost;
        if (dispute.phase == Phase.Response) return Bill(price, 0, 0, 0);
        if (talentBps == NO_RULING) return Bill(price, price, 0, 0);

        (uint256 employerOff, uint256 talentOff) = _distances(dispute, talentBps);
        uint256 byTalent = talentOff > employerOff ? price : talentOff == employerOff ? price / 2 : 0;
        bill = Bill(byTalent, price - byTalent, price * dispute.appealCosts, price);
        (bool ruled,) = _panels[caseId][dispute.round].tally();
        if (dispute.round >= APPEAL && ruled) (bill.fee, bill.appealBack) = (price + bill.appealBack, 0);
    }

    /// @dev Silent seats pay the others of their round, or the treasury when all were silent. In the rounds that ruled,
    /// votes outside the band around the last ruling pay those inside, who share the fee.
    function _settle(bytes32 caseId, Case memory dispute, uint256 fee) private {
        Purse memory purse = Purse(fee, 0, 0, dispute.ruling, _rules[dispute.rules].bandBps);
        for (uint256 round = 0; round <= dispute.round; ++round) {
            Panel panel = _panels[caseId][round];
            (bool ruled,) = panel.tally();
            if (!ruled) continue;
            uint256[] memory votes = panel.votes();
            for (uint256 i = 0; i < votes.length; ++i) {
                if (_isRight(purse, votes[i])) ++purse.right;
                else purse.forfeits += SEAT;
            }
        }
        for (uint256 round = 0; round <= dispute.round; ++round) {
            _settleRound(caseId, dispute, round, purse);
        }
    }

    function _settleRound(bytes32 caseId, Case memory dispute, uint256 round, Purse memory purse) private {
        Panel panel = _panels[caseId][round];
        (bool ruled,) = panel.tally();
        uint256 open_ = panel.votes().length;
        uint256 silence = (panel.size() - open_) * SEAT;
        if (open_ == 0) _credit(caseId, address(BTRST), TREASURY, silence);
        for (uint256 seat = 0; panel.arbiterAt(seat) != 0; ++seat) {
            uint256 vote = panel.voteAt(seat);
            uint256 fee;
            uint256 reward;
            bool forfeited = vote == PanelLib.SILENT;
            if (!forfeited) {
                reward = silence / open_--;
                silence -= reward;
                if (ruled && _isRight(purse, vote)) {
                    fee = purse.fee / purse.right;
                    uint256 share = purse.forfeits / purse.right--;
                    (purse.fee, purse.forfeits, reward) = (purse.fee - fee, purse.forfeits - share, reward + share);
                } else {
                    forfeited = ruled;
                }
            }
            address arbiter = _unlock(dispute.arbitrable, panel.arbiterAt(seat), forfeited);
            emit SeatSettled(caseId, arbiter, round, forfeited, fee, reward);
            _credit(caseId, dispute.token, arbiter, fee);
            _credit(caseId, address(BTRST), arbiter, reward);
        }
    }

    function _isRight(Purse memory purse, uint256 vote) private pure returns (bool) {
        return _distance(vote, purse.ruling) <= purse.band;
    }
}
