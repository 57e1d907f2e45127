// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {StateLib} from "../src/libraries/StateLib.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {TestCourt} from "./utils/Courts.sol";

/// @notice One agreement of two milestones, exhaustively: from first funding on, every state that can be reached through
/// any moves of anybody in the seconds in which something opens or closes, and in each of them every move of everybody.
/// The contract must do what the table of the law says, move by move and second by second.
/// @dev A state is written into the agreement's slot, so its history is of no account. Two states are the same when they
/// differ only in when they began.
contract ModelTest is AgreementTest {
    enum Move {
        Submit,
        Extend,
        AskToCancel,
        Keep,
        RequestChanges,
        Release,
        ReleaseMany,
        Settle,
        Refund,
        Reclaim,
        Dispute,
        ResolveSilent,
        ResolveRuled,
        End,
        FundMore,
        Agree
    }

    uint256 private constant MOVES = 16;
    uint256 private constant ANSWER = 7 days;
    uint256 private constant MILESTONES = 2;
    uint256 private constant REVISIONS = 1;
    uint256 private constant SEEN_MAX = 1 << 14;

    /// @dev What has been reached: the agreement's slot and the second. `seen` is a table of hashes.
    struct Search {
        bytes32[] words;
        uint256[] seconds_;
        uint256 size;
        bytes32[] seen;
    }

    IWorkTypes.Terms private _terms;
    bytes32 private _agreement;
    bytes32 private _slot;
    address[5] private _actors;

    function setUp() public override {
        super.setUp();
        IWorkTypes.Terms memory terms = termsOf(MILESTONES);
        terms.revisionsMax = uint8(REVISIONS);
        _terms = terms;
        _actors = [employer, manager, talent, payout, stranger];
        _agreement = fund(terms, 1);
        _slot = keccak256(abi.encode(_agreement, uint256(0)));
        token.mint(address(agreements), 1e30);
    }

    function test_model_everyMoveInEverySecondOfEveryState() public {
        vm.pauseGasMetering();
        Search memory search =
            Search(new bytes32[](SEEN_MAX / 8), new uint256[](SEEN_MAX / 8), 0, new bytes32[](SEEN_MAX));
        for (uint8 funded = 1; funded <= MILESTONES; ++funded) {
            IWorkTypes.State memory first;
            (first.phase, first.funded, first.since) = (IWorkTypes.Phase.Funded, funded, uint40(NOW));
            add(search, first, NOW);
        }
        for (uint256 i = 0; i < search.size; ++i) {
            IWorkTypes.State memory state;
            StateLib.unpack(state, search.words[i]);
            uint256 second = search.seconds_[i];
            checkExit(state, second);
            uint256 free = freeMemory();
            bool[MOVES][5] memory done;
            for (uint256 actor = 0; actor < 5; ++actor) {
                for (uint256 move = 0; move < MOVES; ++move) {
                    done[actor][move] = check(search, state, second, actor, Move(move));
                }
            }
            checkRaces(done);
            setFreeMemory(free);
            uint256 next = nextSecond(state, second);
            if (next > second) add(search, state, next);
        }
        // As many as there are: a model that reaches less has lost a move.
        vm.assertEq(search.size, 1053);
    }

    // ------------------------------------------------------------------------------------------------- properties

    /// @dev One move of one actor in one state: allowed or refused as the table says, and to where it says.
    function check(Search memory search, IWorkTypes.State memory state, uint256 second, uint256 actor, Move move)
        private
        returns (bool done)
    {
        uint256 free = freeMemory();
        IWorkTypes.State memory next;
        (done, next) = expected(state, second, _actors[actor], move);
        (bool did, bytes32 word) = attempt(state, second, _actors[actor], move);
        vm.assertEq(did, done);
        vm.assertEq(word, StateLib.pack(done ? next : state));
        if (done) checkBound(state, next, second, move);
        bytes32 reached = StateLib.pack(next);
        setFreeMemory(free);
        if (done) addWord(search, reached, second);
    }

    /// @dev No second in which two sides' deadline moves are both open.
    function checkRaces(bool[MOVES][5] memory done) private pure {
        bool delivers = done[2][uint256(Move.Submit)] || done[2][uint256(Move.Keep)];
        bool reviews = done[1][uint256(Move.RequestChanges)] || done[1][uint256(Move.Dispute)];
        vm.assertTrue(!(delivers && (done[0][uint256(Move.Reclaim)] || done[4][uint256(Move.Reclaim)])));
        vm.assertTrue(!(reviews && done[4][uint256(Move.Settle)]));
    }

    /// @dev A stranger alone empties the agreement by its exit bound, in a world where nobody else moves any more.
    function checkExit(IWorkTypes.State memory state, uint256 second) private {
        write(state, second);
        uint256 bound_ = agreements.exitBound(_terms);
        vm.assertEq(bound_ > 0, isOpen(state));
        if (bound_ == 0) return;
        uint256 opens = opensAfter(state);
        uint256 late = second > opens ? second - opens : 0;
        while (isOpen(state)) {
            opens = opensAfter(state);
            if (second <= opens) second = opens + 1;
            Move move = state.phase == IWorkTypes.Phase.Funded
                ? Move.Reclaim
                : state.phase == IWorkTypes.Phase.Submitted ? Move.Settle : Move.ResolveSilent;
            bool done;
            (done, state) = expected(state, second, stranger, move);
            vm.assertTrue(done, "stuck");
        }
        vm.assertLe(second, bound_ + late);
    }

    /// @dev Nothing but funding and extending moves the bound later, as long as nobody lets an open call wait.
    function checkBound(IWorkTypes.State memory state, IWorkTypes.State memory next, uint256 second, Move move)
        private
    {
        if (!isOpen(state) || move == Move.Extend || move == Move.FundMore || second > opensAfter(state) + 1) {
            return;
        }
        write(state, second);
        uint256 before = agreements.exitBound(_terms);
        write(next, second);
        vm.assertLe(agreements.exitBound(_terms), before + 1);
    }

    // ------------------------------------------------------------------------------------------------- the law

    /// @dev The table "One milestone" of the README, row by row, without a look at the contract.
    function expected(IWorkTypes.State memory state, uint256 second, address actor, Move move)
        private
        view
        returns (bool done, IWorkTypes.State memory next)
    {
        StateLib.unpack(next, StateLib.pack(state));
        bool open = isOpen(state);
        bool inReview = state.phase == IWorkTypes.Phase.Submitted && second <= uint256(state.since) + REVIEW;
        bool isDisputed = state.phase == IWorkTypes.Phase.Disputed;
        if (move == Move.Release || move == Move.ReleaseMany) done = open && actor == manager;
        else if (move == Move.Refund) done = open && actor == talent;
        else if (move == Move.Agree) done = open && (actor == talent || actor == employer);
        else if (move == Move.Settle) done = state.phase == IWorkTypes.Phase.Submitted && !inReview;
        else if (move == Move.ResolveRuled) done = isDisputed;
        else if (move == Move.ResolveSilent) done = isDisputed && second > state.deadline;
        else if (move == Move.End) return expectedEnd(state, next, second, actor);
        else if (move == Move.FundMore) return expectedFunding(state, next, second, actor);
        else if (state.phase == IWorkTypes.Phase.Funded) return expectedWork(state, next, second, actor, move);
        else return expectedReview(next, second, inReview && actor == manager, move);
        if (done) close(next, second, move != Move.Refund);
    }

    function expectedWork(
        IWorkTypes.State memory state,
        IWorkTypes.State memory next,
        uint256 second,
        address actor,
        Move move
    ) private view returns (bool done, IWorkTypes.State memory) {
        bool delivers = actor == talent && second <= deliverBy(state);
        if (move == Move.Submit && delivers) {
            enter(next, IWorkTypes.Phase.Submitted, second);
            next.claimed = PAY / 2;
            return (true, next);
        }
        if (move == Move.Keep && delivers && state.deadline != 0) {
            next.deadline = 0;
            return (true, next);
        }
        if (move == Move.Extend && (actor == employer || actor == manager)) {
            next.since = uint40(second);
            return (true, next);
        }
        if (move == Move.AskToCancel && actor == employer && state.flags & 1 == 0) {
            (next.flags, next.deadline) = (state.flags | 1, uint40(second + ANSWER));
            return (true, next);
        }
        if (move == Move.Reclaim && second > deliverBy(state) + (actor == employer ? 0 : REVIEW)) {
            enter(next, IWorkTypes.Phase.Ended, second);
            return (true, next);
        }
        return (false, next);
    }

    function expectedReview(IWorkTypes.State memory next, uint256 second, bool reviews, Move move)
        private
        pure
        returns (bool done, IWorkTypes.State memory)
    {
        if (reviews && move == Move.RequestChanges && next.revisions < REVISIONS) {
            enter(next, IWorkTypes.Phase.Funded, second);
            (next.claimed, next.revisions) = (0, next.revisions + 1);
            return (true, next);
        }
        if (reviews && move == Move.Dispute) {
            enter(next, IWorkTypes.Phase.Disputed, second);
            next.deadline = uint40(second + CASE);
            return (true, next);
        }
        return (false, next);
    }

    function expectedEnd(IWorkTypes.State memory state, IWorkTypes.State memory next, uint256 second, address actor)
        private
        view
        returns (bool, IWorkTypes.State memory)
    {
        bool idle = state.phase == IWorkTypes.Phase.Idle;
        bool byEmployer = actor == employer && (idle || state.phase == IWorkTypes.Phase.Disputed);
        bool done = (idle || isOpen(state)) && state.flags & 2 == 0 && (actor == talent || byEmployer);
        if (!done) return (false, next);
        next.flags = state.flags | 2;
        if (idle) enter(next, IWorkTypes.Phase.Ended, second);
        else next.funded = state.milestone + 1;
        return (true, next);
    }

    function expectedFunding(IWorkTypes.State memory state, IWorkTypes.State memory next, uint256 second, address actor)
        private
        view
        returns (bool, IWorkTypes.State memory)
    {
        bool idle = state.phase == IWorkTypes.Phase.Idle;
        bool lives = (idle || isOpen(state)) && state.flags & 2 == 0;
        if (!lives || actor != employer || state.funded == MILESTONES) return (false, next);
        next.funded += 1;
        if (idle) enter(next, IWorkTypes.Phase.Funded, second);
        return (true, next);
    }

    function close(IWorkTypes.State memory next, uint256 second, bool paid) private pure {
        next.milestone += 1;
        (next.revisions, next.claimed) = (0, 0);
        next.flags = (next.flags & 0xfe) + (paid ? 4 : 0);
        bool over = next.milestone == MILESTONES || next.flags & 2 != 0;
        if (next.milestone < next.funded) enter(next, IWorkTypes.Phase.Funded, second);
        else enter(next, over ? IWorkTypes.Phase.Ended : IWorkTypes.Phase.Idle, second);
    }

    function enter(IWorkTypes.State memory next, IWorkTypes.Phase phase, uint256 second) private pure {
        (next.phase, next.since, next.deadline) = (phase, uint40(second), 0);
    }

    function isOpen(IWorkTypes.State memory state) private pure returns (bool) {
        return state.phase == IWorkTypes.Phase.Funded || state.phase == IWorkTypes.Phase.Submitted
            || state.phase == IWorkTypes.Phase.Disputed;
    }

    function deliverBy(IWorkTypes.State memory state) private pure returns (uint256 second) {
        second = uint256(state.since) + (state.revisions == 0 ? WORK : REWORK);
        if (state.deadline != 0 && state.deadline < second) second = state.deadline;
    }

    function opensAfter(IWorkTypes.State memory state) private pure returns (uint256) {
        if (state.phase == IWorkTypes.Phase.Disputed) return state.deadline;
        return (state.phase == IWorkTypes.Phase.Submitted ? state.since : deliverBy(state)) + REVIEW;
    }

    // ------------------------------------------------------------------------------------------------- the contract

    function attempt(IWorkTypes.State memory state, uint256 second, address actor, Move move)
        private
        returns (bool done, bytes32 word)
    {
        write(state, second);
        court.become(move == Move.ResolveRuled ? TestCourt.Manner.AnswersLong : TestCourt.Manner.AnswersTwo);
        (done,) = sent(actor, callOf(state, actor, move));
        word = agreements.stateWord(_agreement);
    }

    function write(IWorkTypes.State memory state, uint256 second) private {
        vm.warp(second);
        vm.store(address(agreements), _slot, StateLib.pack(state));
    }

    function callOf(IWorkTypes.State memory state, address actor, Move move) private view returns (bytes memory) {
        IWorkTypes.Terms memory terms = _terms;
        uint256 milestone = state.milestone;
        if (move == Move.Submit) return abi.encodeCall(IWorkAgreements.submit, (terms, milestone, PAY / 2, EVIDENCE));
        if (move == Move.Extend) return abi.encodeCall(IWorkAgreements.extend, (terms, milestone));
        if (move == Move.AskToCancel) return abi.encodeCall(IWorkAgreements.askToCancel, (terms, milestone));
        if (move == Move.Keep) return abi.encodeCall(IWorkAgreements.keep, (terms, milestone));
        if (move == Move.RequestChanges) {
            return abi.encodeCall(IWorkAgreements.requestChanges, (terms, milestone, REASONS));
        }
        if (move == Move.Release) return abi.encodeCall(IWorkAgreements.release, (terms, milestone, PAY));
        if (move == Move.ReleaseMany) return abi.encodeCall(IWorkAgreements.releaseMany, (terms, milestone, 1));
        if (move == Move.Settle) return abi.encodeCall(IWorkAgreements.settle, (terms, milestone));
        if (move == Move.Refund) return abi.encodeCall(IWorkAgreements.refund, (terms, milestone));
        if (move == Move.Reclaim) return abi.encodeCall(IWorkAgreements.reclaim, (terms, milestone));
        if (move == Move.Dispute) return abi.encodeCall(IWorkAgreements.dispute, (terms, milestone, 0, PAY));
        if (move == Move.End) return abi.encodeCall(IWorkAgreements.end, (terms, milestone));
        if (move == Move.FundMore) return abi.encodeCall(IWorkAgreements.fundMore, (terms, 1));
        if (move == Move.Agree) return agreeCall(terms, milestone, actor);
        return abi.encodeCall(IWorkAgreements.resolve, (terms, milestone));
    }

    /// @dev Whoever calls, the other side has signed.
    function agreeCall(IWorkTypes.Terms memory terms, uint256 milestone, address actor)
        private
        view
        returns (bytes memory)
    {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, milestone, 5000, 0, ""));
        bytes32 digest = agreements.hashCall(talent, type(uint256).max, unsigned);
        bytes memory consent = signedBy(actor == talent ? EMPLOYER_KEY : TALENT_KEY, digest);
        return abi.encodeCall(IWorkAgreements.agree, (terms, milestone, 5000, type(uint256).max, consent));
    }

    // ------------------------------------------------------------------------------------------------- the search

    /// @dev The next second in which something opens or closes, or `second` when nothing will any more.
    function nextSecond(IWorkTypes.State memory state, uint256 second) private pure returns (uint256 next) {
        if (!isOpen(state)) return second;
        uint256[3] memory last = [deliverBy(state), opensAfter(state), state.since + uint256(REVIEW)];
        if (state.phase != IWorkTypes.Phase.Funded) last[0] = last[1];
        if (state.phase != IWorkTypes.Phase.Submitted) last[2] = last[1];
        next = type(uint256).max;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 candidate = last[i / 2] + i % 2;
            if (candidate > second && candidate < next) next = candidate;
        }
        if (next == type(uint256).max) next = second;
    }

    function add(Search memory search, IWorkTypes.State memory state, uint256 second) private pure {
        addWord(search, StateLib.pack(state), second);
    }

    function addWord(Search memory search, bytes32 word, uint256 second) private pure {
        bytes32 key = keyOf(word, second);
        uint256 place = uint256(key) % SEEN_MAX;
        while (search.seen[place] != 0) {
            if (search.seen[place] == key) return;
            place = (place + 1) % SEEN_MAX;
        }
        search.seen[place] = key;
        (search.words[search.size], search.seconds_[search.size]) = (word, second);
        search.size += 1;
    }

    function keyOf(bytes32 word, uint256 second) private pure returns (bytes32 key) {
        uint256 bits = uint256(word);
        uint256 age = second - uint40(bits >> 48);
        uint256 deadline = uint40(bits >> 88);
        uint256 rest = bits & ~(uint256(type(uint80).max) << 48);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, rest)
            mstore(add(free, 0x20), age)
            mstore(add(free, 0x40), deadline)
            if deadline { mstore(add(free, 0x40), sub(add(deadline, shl(128, 1)), second)) }
            key := keccak256(free, 0x60)
        }
    }

    function freeMemory() private pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @dev What was reserved since then is not used any more: hundreds of thousands of calls fit in one test.
    function setFreeMemory(uint256 free) private pure {
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
