// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICourt} from "./ICourt.sol";
import {ICourtRules} from "./ICourtRules.sol";

/// @title A court of drawn arbiters who bonded themselves
/// @notice Each arbitrable contract has a pool of its own, of arbiters who enlisted for just that contract; one that
/// nobody enlisted for finds no panel. Three seats are drawn, one appeal goes to five. Votes are sealed, then opened.
/// @dev *Within* a window means `block.timestamp <= since + window`; *after* it `block.timestamp > since + window`.
/// Windows run from the end of the one before, never from a late call: `ruling` is exact without a call of its own.
interface IPanelCourt is ICourt {
    /// @notice Where a case stands. Which windows have passed follows from `since` and the rules.
    enum Phase {
        None,
        Response, // the talent names a ratio and somebody pays its deposit, or it concedes
        Drawing, // a panel is to be drawn
        Voting, // a panel is seated: commit, reveal, then redraw, appeal or nothing
        Concluded
    }

    /// @notice One case.
    /// @param employerBps ratio that the employer side asks for
    /// @param talentBps ratio that the talent asks for; 0 until it named one
    /// @param round first panel 0, its redraw 1, appeal 2, its redraw 3
    /// @param ruling last ruling; 65,535 while there is none
    /// @param ticket place in the pool's row of draws; 0 when the case waits for none
    /// @param since second from which the windows of the phase run
    /// @param appealCosts deposit of the appeal, as a multiple of `cost`; 0 without an appeal
    struct Case {
        address employerSide;
        uint16 employerBps;
        uint16 talentBps;
        Phase phase;
        uint8 round;
        uint16 ruling;
        uint32 ticket;
        address talent;
        uint40 since;
        uint32 rules;
        bool talentAppealed;
        uint8 appealCosts;
        address arbitrable;
        uint96 cost;
        address token;
    }

    /// @notice What a case is about.
    struct Opening {
        address arbitrable;
        bytes32 negotiation;
        uint256 milestone;
        uint256 rules;
        address token;
        uint256 sum;
        uint256 cost;
        uint256 employerBps;
    }

    /// @notice The arbiters of one arbitrable contract, and its row of draws.
    /// @param arbiters numbers given so far, from 1
    /// @param levels of the sum tree
    /// @param weight seats that can be drawn
    /// @param seedBlock the one block whose hash decides tickets up to `seeded`
    /// @param drawn last ticket that was drawn
    /// @param seeded last ticket that `seedBlock` decides
    /// @param queued last ticket that was given
    struct Pool {
        uint32 arbiters;
        uint8 levels;
        uint32 weight;
        uint64 seedBlock;
        uint32 drawn;
        uint32 seeded;
        uint32 queued;
    }

    /// @notice One arbiter in one pool.
    /// @param bonded seats it bonded, each SEAT base units of BTRST
    /// @param locked seats of those that sit in cases
    struct Arbiter {
        address account;
        uint32 bonded;
        uint32 locked;
    }

    /// @notice Bond on its way out: off the draw, still in the court.
    struct Leaving {
        uint32 seats;
        uint64 availableAt;
    }

    /// @notice A contract took a dispute to this court; says all that the case is about.
    event CaseOpened(bytes32 indexed caseId, address indexed employerSide, address indexed talent, Opening opening);
    /// @notice The talent named the ratio it asks for; it may name another one until the deposit is paid.
    event ResponseNamed(bytes32 indexed caseId, address indexed talent, uint256 talentBps);
    /// @notice The talent's deposit was paid, and belongs to `payer` should it come back.
    event ResponsePaid(bytes32 indexed caseId, address indexed payer, uint256 amount);
    /// @notice The talent accepted the employer side's ratio.
    event Conceded(bytes32 indexed caseId, address indexed talent, uint256 talentBps);
    /// @notice A draw waits in its pool's row.
    event DrawQueued(bytes32 indexed caseId, address indexed arbitrable, uint256 round, uint256 ticket);
    /// @notice The hash of `seedBlock` decides the draws up to `lastTicket`.
    event SeedFixed(address indexed arbitrable, uint256 seedBlock, uint256 lastTicket);
    /// @notice A panel sits. Seats are in the order of `arbiters`.
    event PanelDrawn(bytes32 indexed caseId, address indexed arbitrable, uint256 round, address[] arbiters);
    /// @notice The draw seated nobody: too few arbiters were free, it came after its window, or the case was over. Within
    /// the window it can be queued again.
    event PanelMissing(bytes32 indexed caseId, address indexed arbitrable, uint256 round);
    /// @notice A seat sealed its vote, or replaced it.
    event VoteCommitted(bytes32 indexed caseId, address indexed arbiter, uint256 round, bytes32 commitment);
    /// @notice A seat opened its vote.
    event VoteRevealed(bytes32 indexed caseId, address indexed arbiter, uint256 round, uint256 talentBps);
    /// @notice A side asked for five other arbiters after the first ruling.
    event Appealed(bytes32 indexed caseId, address indexed appellant, uint256 talentBps, uint256 amount);
    /// @notice The case is over, and its three sums equal what was paid in, less `fee`.
    /// @param ruled false when no ruling came: then talentBps is 0 and the arbitrable contract falls back
    /// @param fee what the arbiters share
    event CaseConcluded(
        bytes32 indexed caseId,
        address indexed employerSide,
        address indexed talent,
        bool ruled,
        uint256 talentBps,
        uint256 employerBack,
        uint256 talentBack,
        uint256 appealBack,
        uint256 fee
    );
    /// @notice A seat is settled: given back, or forfeited.
    /// @param fee credited to the arbiter in the case's token
    /// @param reward credited to the arbiter in BTRST
    event SeatSettled(
        bytes32 indexed caseId, address indexed arbiter, uint256 round, bool forfeited, uint256 fee, uint256 reward
    );
    /// @notice An arbiter bonded more seats for cases of one contract.
    event Enlisted(address indexed arbitrable, address indexed arbiter, uint256 seats);
    /// @notice An arbiter took seats off the draw; the bond of all that are leaving can be taken after `availableAt`.
    event Retired(address indexed arbitrable, address indexed arbiter, uint256 seats, uint256 availableAt);
    /// @notice The bond of retired seats went back.
    event BondReturned(address indexed arbitrable, address indexed arbiter, uint256 seats);
    /// @notice A sum waits for its party: an arbiter's earnings, or a payment that the token refused.
    event Credited(address indexed party, address indexed token, bytes32 indexed caseId, uint256 amount);
    /// @notice A party took its whole credit in one token.
    event CreditWithdrawn(address indexed party, address indexed token, address to, uint256 amount);

    /// @notice A constructor argument is no contract or zero; `field` is its name.
    error ConfigurationInvalid(bytes32 field);
    /// @notice The case was opened before.
    error CaseExists(bytes32 caseId);
    /// @notice These rules hear no case about this token.
    error TokenNotHeard(uint256 rules, address token);
    /// @notice A side is zero, the token, the court, or both sides are one.
    error PartyInvalid(address party);
    /// @notice The call belongs to another party.
    error Unauthorized(address caller);
    /// @notice The call does not exist in the present phase.
    error WrongPhase(bytes32 caseId, Phase phase);
    /// @notice A ratio lies outside its range, in basis points.
    error RatioOutOfRange(uint256 bps, uint256 min, uint256 max);
    /// @notice The talent has not named its ratio.
    error ResponseMissing(bytes32 caseId);
    /// @notice Allowed once `block.timestamp > opensAfter`.
    error TooEarly(uint256 opensAfter);
    /// @notice Was allowed while `block.timestamp <= closedAfter`.
    error TooLate(uint256 closedAfter);
    /// @notice The panel ruled: nothing to draw again.
    error PanelRuled(bytes32 caseId);
    /// @notice The panel did not rule: nothing to appeal against.
    error NothingToAppeal(bytes32 caseId);
    /// @notice A draw waits already.
    error DrawWaits(bytes32 caseId, uint256 ticket);
    /// @notice Draws go in the order of their tickets.
    error NotNextDraw(uint256 ticket, uint256 next);
    /// @notice The block that decides has not been made.
    error SeedTooEarly(uint256 seedBlock);
    /// @notice The block that decides is there and its draws are not done: who can be drawn must not change meanwhile.
    error SeedPending(uint256 seedBlock);
    /// @notice Opened with another ratio, salt, arbiter, round, case, court or chain than sealed, or opened already.
    error CommitmentMismatch(bytes32 caseId, bytes32 commitment);
    /// @notice The case is not over.
    error NotFinal(bytes32 caseId);
    /// @notice At least one seat, and no more than are free.
    error SeatsOutOfRange(uint256 seats, uint256 max);
    /// @notice The court's balance did not grow by what was asked (fees on transfer, rebasing).
    error TokenMisbehaved(address token, uint256 asked, uint256 received);
    /// @notice The party has no credit in this token.
    error NothingCredited(address party, address token);
    /// @notice Money sent there is lost: zero, the token or the court.
    error RecipientInvalid(address to);
    /// @notice Before a payment that may fail, so that nobody can make it fail by sending little gas: send more.
    error NotEnoughGas(uint256 left, uint256 needed);

    // ------------------------------------------------------------------------------------------------ the sides

    /// @notice Talent, within the response window: names the ratio it asks for, above the employer side's.
    /// @param pays whether it pays its deposit, `cost`, with this call; else anybody may by payResponse
    function respond(bytes32 caseId, uint256 talentBps, bool pays) external;
    /// @notice Anyone, within the response window, once the talent named its ratio: pays its deposit. It comes back to
    /// the payer.
    function payResponse(bytes32 caseId) external;
    /// @notice Talent, within the response window: accepts the employer side's ratio. So does silence.
    function concede(bytes32 caseId) external;
    /// @notice Either side, within the appeal window after the first ruling: pays for five other arbiters, the side
    /// further from that ruling twice the cost, the other once. Arbiters keep it when the five rule; it comes back
    /// when they do not, and then the first ruling stands.
    function appeal(bytes32 caseId) external;
    /// @notice Anyone, when the case is over: pays everybody. `ruling` says the same before and after.
    function conclude(bytes32 caseId) external;

    // ------------------------------------------------------------------------------------------------ the panel

    /// @notice Anyone, within the draw window: queues a draw again, after too few arbiters were free or too few voted.
    function queueDraw(bytes32 caseId) external;
    /// @notice Anyone, once the pool's seed block is made: draws the panel that is next in its pool's row. When the
    /// block's hash is out of reach (256 blocks), fixes a new block instead.
    function draw(bytes32 caseId) external;
    /// @notice The seat's arbiter, within the commit window: seals its vote, or another one instead.
    /// @param commitment keccak256(abi.encode(chain id, court, caseId, round, arbiter, talentBps, salt))
    function commit(bytes32 caseId, uint256 seat, bytes32 commitment) external;
    /// @notice Anyone who knows the salt, within the reveal window: opens a seat's vote.
    /// @param talentBps the vote: the talent's share, at most 10,000
    /// @param salt 32 random bytes, new for each vote
    function reveal(bytes32 caseId, uint256 seat, uint256 talentBps, bytes32 salt) external;

    // ------------------------------------------------------------------------------------------------ arbiters

    /// @notice Bonds seats x SEAT of BTRST and can be drawn for cases of that contract from now on.
    function enlist(address arbitrable, uint32 seats) external;
    /// @notice Takes free seats off the draw; their bond can leave LEAVE_TIME later. A second call restarts the time.
    function retire(address arbitrable, uint32 seats) external;
    /// @notice Sends the bond of retired seats to the caller.
    function takeBond(address arbitrable) external;
    /// @notice Sends the caller's whole credit in `token` to `to`; reverts when the token refuses.
    function withdraw(address token, address to) external;

    // ------------------------------------------------------------------------------------------------ views

    /// @notice What bonds are in.
    function BTRST() external view returns (IERC20);
    /// @notice Base units of BTRST that a seat locks: all that an arbiter can lose by it.
    function SEAT() external view returns (uint256);
    /// @notice Where rule sets are read, once each, and kept.
    function RULES() external view returns (ICourtRules);
    /// @notice Who gets the seats of a panel that was silent to the last.
    function TREASURY() external view returns (address);
    /// @notice Seconds that a retired bond stays: nobody borrows a share of the draw for a few blocks.
    function LEAVE_TIME() external view returns (uint256);
    /// @notice Blocks from fixing a seed block to that block.
    function SEED_DELAY() external view returns (uint256);
    /// @notice A rule set as this court keeps it, or would.
    function rulesOf(uint256 rules) external view returns (ICourtRules.CourtRuleSet memory);
    /// @notice The case as stored; all zero for one never opened.
    function caseOf(bytes32 caseId) external view returns (Case memory);
    /// @notice The seats of a round; a vote is 65,535 until it is opened. Empty for a round never drawn.
    function panelOf(bytes32 caseId, uint256 round)
        external
        view
        returns (address[] memory arbiters, uint256[] memory votes);
    /// @notice The sealed vote of a seat; zero before, and after it was opened.
    function commitmentOf(bytes32 caseId, uint256 round, uint256 seat) external view returns (bytes32);
    /// @notice Who paid the talent's deposit; zero while nobody did.
    function payerOf(bytes32 caseId) external view returns (address);
    /// @notice The arbiters of one contract, and its row of draws.
    function poolOf(address arbitrable) external view returns (Pool memory);
    /// @notice An arbiter's seats in one pool; all zero for one that never enlisted.
    function arbiterOf(address arbitrable, address account) external view returns (Arbiter memory, Leaving memory);
    /// @notice Base units of `token` that wait for `party` to withdraw.
    function creditOf(address party, address token) external view returns (uint256);
}
