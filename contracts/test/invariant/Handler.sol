// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Vm} from "../utils/Base.sol";
import {TestCourt} from "../utils/Courts.sol";
import {ReentrantBook} from "../utils/Tokens.sol";
import {Cast} from "./Cast.sol";

/// @notice Drives the escrow through every lawful call in any order, made by the party itself or on its signed word,
/// with tokens that refuse payees and call back, and a court that rules, lies, stays silent or breaks. Each call must
/// succeed, and what it logged is all that the ledger learns.
contract Handler is Cast {
    uint256 private constant IDLE = 1 << uint256(IWorkTypes.Phase.Idle);
    uint256 private constant FUNDED = 1 << uint256(IWorkTypes.Phase.Funded);
    uint256 private constant SUBMITTED = 1 << uint256(IWorkTypes.Phase.Submitted);
    uint256 private constant DISPUTED = 1 << uint256(IWorkTypes.Phase.Disputed);
    uint256 private constant OPEN = FUNDED | SUBMITTED | DISPUTED;

    constructor(WorkAgreements escrow) Cast(escrow) {}

    /// @dev Tells the ledger what the escrow logged, and nothing else.
    modifier told() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(agreements)) ledger.read(logs[i]);
        }
    }

    // ------------------------------------------------------------------------------------------------- money in

    function fund(uint256 seed, uint128 amount, uint256 count) external told {
        IWorkTypes.Terms memory terms = _newTerms(seed, amount);
        if (!_canPay(terms, terms.employer) || !policy.fundable(terms.policyVersion, terms.token)) return;
        bytes memory signature = _signed(talentKey(seed), agreements.hashTerms(terms));
        vm.prank(terms.employer);
        agreements.fund(terms, signature, bound(count, 1, terms.amounts.length));

        terms.documents = ~terms.documents;
        signature = _signed(talentKey(seed), agreements.hashTerms(terms));
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, terms.talent, terms.nonce));
        vm.prank(terms.employer);
        agreements.fund(terms, signature, 1);
    }

    function fundMore(uint256 seed, uint256 count) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN | IDLE);
        uint256 left = terms.amounts.length - state.funded;
        if (!any || left == 0 || state.flags & 2 != 0 || !_canPay(terms, terms.employer)) return;
        _act(terms.employer, abi.encodeCall(IWorkAgreements.fundMore, (terms, bound(count, 1, left))), false);
    }

    function tip(uint256 seed, uint128 amount) external told {
        (bool any, IWorkTypes.Terms memory terms,) = _pick(seed, OPEN | IDLE);
        if (!any || !_canPay(terms, terms.employer)) return;
        if (ReentrantBook(terms.token).refused(agreements.payoutOf(terms))) return;
        _act(terms.employer, abi.encodeCall(IWorkAgreements.tip, (terms, bound(amount, 1, 1e30))), false);
    }

    // ------------------------------------------------------------------------------------------------- work

    /// @dev The manager answers at once as often as not, so that disputes are no rarity.
    function submit(uint256 seed, uint256 claimed, bytes32 evidence, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, FUNDED);
        if (!any || block.timestamp > deliverBy(terms, state)) return;
        claimed = bound(claimed, 1, terms.amounts[state.milestone]);
        bytes memory data = abi.encodeCall(IWorkAgreements.submit, (terms, state.milestone, claimed, evidence));
        _act(terms.talent, data, relayed);
        if ((seed >> 200) % 4 == 1) _requestChanges(seed, terms, relayed);
        if ((seed >> 200) % 4 == 2) _dispute(terms, claimed, relayed);
    }

    function extend(uint256 seed, bool byManager, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, FUNDED);
        if (!any) return;
        bytes memory data = abi.encodeCall(IWorkAgreements.extend, (terms, state.milestone));
        _act(byManager ? terms.manager : terms.employer, data, relayed);
    }

    function askToCancel(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, FUNDED);
        if (!any || state.flags & 1 != 0) return;
        _act(terms.employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, state.milestone)), relayed);
    }

    function keep(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, FUNDED);
        if (!any || state.deadline == 0) return;
        if (block.timestamp > deliverBy(terms, state)) return;
        _act(terms.talent, abi.encodeCall(IWorkAgreements.keep, (terms, state.milestone)), relayed);
    }

    function requestChanges(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms,) = _pick(seed, SUBMITTED);
        if (any) _requestChanges(seed, terms, relayed);
    }

    function dispute(uint256 seed, uint256 employerBps, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms,) = _pick(seed, SUBMITTED);
        if (any) _dispute(terms, employerBps, relayed);
    }

    // ------------------------------------------------------------------------------------------------- closing

    function release(uint256 seed, uint256 pay, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (!any) return;
        pay = bound(pay, state.claimed == 0 ? 1 : state.claimed, terms.amounts[state.milestone]);
        _act(terms.manager, abi.encodeCall(IWorkAgreements.release, (terms, state.milestone, pay)), relayed);
    }

    function releaseMany(uint256 seed, uint256 count, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (!any) return;
        count = bound(count, 1, state.funded - state.milestone);
        _act(terms.manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, state.milestone, count)), relayed);
    }

    function refund(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (!any) return;
        _act(terms.talent, abi.encodeCall(IWorkAgreements.refund, (terms, state.milestone)), relayed);
    }

    function agree(uint256 seed, uint256 talentBps, bool talentCalls, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (!any) return;
        talentBps = bound(talentBps, 0, 10_000);
        (address caller, address other) = talentCalls ? (terms.talent, terms.employer) : (terms.employer, terms.talent);
        uint256 expiry = block.timestamp;
        bytes memory data = abi.encodeCall(IWorkAgreements.agree, (terms, state.milestone, talentBps, expiry, ""));
        bytes memory consent = _signed(keyOf(other), agreements.hashCall(other, expiry, data));
        data = abi.encodeCall(IWorkAgreements.agree, (terms, state.milestone, talentBps, expiry, consent));
        _act(caller, data, relayed);
    }

    /// @dev Time passes to the first second in which the escrow lets a stranger act, then the stranger does. Rarely: such
    /// leaps make every other party late.
    function silence(uint256 seed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (any && seed % 4 == 0) actAsStranger(terms, state);
    }

    function resolveRuled(uint256 seed, uint256 talentBps) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, DISPUTED);
        if (!any || court.manner() != TestCourt.Manner.Honest) return;
        bytes32 negotiation = agreements.negotiationOf(terms.talent, terms.nonce);
        bytes32 caseId = keccak256(abi.encode(address(agreements), negotiation, uint256(state.milestone)));
        court.rule(caseId, bound(talentBps, 0, 10_000));
        _act(STRANGER, abi.encodeCall(IWorkAgreements.resolve, (terms, state.milestone)), false);
    }

    function reclaimAsEmployer(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, FUNDED);
        if (!any || seed % 4 != 0) return;
        _passBeyond(deliverBy(terms, state));
        _act(terms.employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, state.milestone)), relayed);
    }

    // ------------------------------------------------------------------------------------------------- changes

    function amend(uint256 seed, uint128 amount, bool talentCalls, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN | IDLE);
        if (!any) return;
        (address caller, address other) = talentCalls ? (terms.talent, terms.employer) : (terms.employer, terms.talent);
        IWorkTypes.Terms memory next = _amended(terms, state, seed >> 8, amount);
        uint256 expiry = block.timestamp;
        bytes memory data = abi.encodeCall(IWorkAgreements.amend, (terms, next, expiry, ""));
        bytes memory consent = _signed(keyOf(other), agreements.hashCall(other, expiry, data));
        _act(caller, abi.encodeCall(IWorkAgreements.amend, (terms, next, expiry, consent)), relayed);
    }

    function end(uint256 seed, bool byTalent, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN | IDLE);
        bool idle = state.phase == IWorkTypes.Phase.Idle;
        if (!any || state.flags & 2 != 0) return;
        bool employerMay = idle || state.phase == IWorkTypes.Phase.Disputed;
        bytes memory data = abi.encodeCall(IWorkAgreements.end, (terms, state.milestone));
        _act(byTalent || !employerMay ? terms.talent : terms.employer, data, relayed);
    }

    function movePayout(uint256 seed, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN | IDLE);
        if (!any || state.payoutMoves >= 254) return;
        _act(terms.talent, abi.encodeCall(IWorkAgreements.movePayout, (terms, payoutAt(seed >> 4))), relayed);
    }

    function cancelPayoutMove(uint256 seed, bool byTalent, bool relayed) external told {
        (bool any, IWorkTypes.Terms memory terms,) = _pick(seed, OPEN | IDLE);
        if (!any || block.timestamp > ledger.moveWaitsUntil(ledger.negotiationOf(terms))) return;
        address caller = byTalent ? terms.talent : agreements.payoutOf(terms);
        _act(caller, abi.encodeCall(IWorkAgreements.cancelPayoutMove, (terms)), relayed);
    }

    // ------------------------------------------------------------------------------------------------- the rest

    function burnNonce(uint256 seed, bool relayed) external told {
        _act(vm.addr(talentKey(seed)), abi.encodeCall(IWorkAgreements.burnNonce, (++_nonces)), relayed);
    }

    /// @dev The first from `seed` on who has a credit: one party in one token seldom has.
    function withdraw(uint256 seed, bool asTalent, bool relayed) external told {
        uint256 first = seed % PAIRS;
        for (uint256 i = first; i < first + PAIRS; ++i) {
            if (_withdraw(tokenAt(i), asTalent ? vm.addr(talentKey(i)) : employerAt(i), relayed)) return;
        }
    }

    function withdrawAsOrigin(uint256 seed) external told {
        uint256 first = seed % PAIRS;
        for (uint256 i = first; i < first + PAIRS; ++i) {
            if (_withdraw(tokenAt(i), originAt(i), false)) return;
        }
    }

    function sweepFees(uint256 seed) external told {
        ReentrantBook token = tokenAt(seed);
        (uint256 amount,) = agreements.feesOf(address(token));
        if (amount > 0 && !token.refused(address(agreements))) agreements.sweepFees(address(token));
    }

    function publish(uint256 seed) external {
        _publish(seed);
    }

    /// @dev The guardian stops entry; nothing but first funding may notice.
    function stopEntry(uint256 duration) external {
        uint32 version = policy.currentVersion();
        if (duration % 4 != 0 || policy.stoppedUntil(version) != 0) return;
        vm.prank(STRANGER);
        policy.stopEntry(version, bound(duration, 1, 14 days));
    }

    function refuse(uint256 seed, uint256 who, bool on, bool saysFalse) external {
        address[4] memory accounts = [employerAt(seed), payoutAt(seed), address(agreements), vm.addr(talentKey(seed))];
        tokenAt(seed).refuse(accounts[who % 4], on && seed % 4 == 0);
        tokenAt(seed).sayFalse(saysFalse);
    }

    /// @dev A payee that calls back with a call that would be lawful now, were it not for the lock.
    function armToken(uint256 seed, bool on) external {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed, OPEN);
        if (!any) return;
        bytes memory data = abi.encodeCall(IWorkAgreements.settle, (terms, state.milestone));
        if (seed % 3 == 1) data = abi.encodeCall(IWorkAgreements.sweepFees, (terms.token));
        if (seed % 3 == 2) data = abi.encodeCall(IWorkAgreements.burnNonce, (seed));
        tokenAt(seed).arm(on ? address(agreements) : address(0), data);
        court.arm(on ? address(agreements) : address(0), data);
    }

    function courtBecomes(uint256 manner) external {
        court.become(TestCourt.Manner(bound(manner, 0, 4)));
    }

    function wait(uint256 duration) external {
        vm.warp(block.timestamp + bound(duration, 0, duration % 8 == 0 ? 60 days : 2 days));
    }

    // ------------------------------------------------------------------------------------------------- the way out

    /// @notice Lets time and a stranger empty one agreement; returns the second in which that was done.
    function emptyByTime(bytes32 agreement) external told returns (uint256) {
        IWorkTypes.Terms memory terms = ledger.termsOf(agreement);
        while (true) {
            IWorkTypes.State memory state = agreements.stateOf(agreement);
            if (!isOpen(state)) return block.timestamp;
            actAsStranger(terms, state);
        }
        return 0;
    }

    /// @notice The second after which a stranger may act, whatever the court does.
    function opensAfter(IWorkTypes.Terms memory terms, IWorkTypes.State memory state) public pure returns (uint256) {
        if (state.phase == IWorkTypes.Phase.Disputed) return state.deadline;
        if (state.phase == IWorkTypes.Phase.Submitted) return uint256(state.since) + terms.reviewWindow;
        return deliverBy(terms, state) + terms.reviewWindow;
    }

    function deliverBy(IWorkTypes.Terms memory terms, IWorkTypes.State memory state)
        public
        pure
        returns (uint256 second)
    {
        second = state.since + (state.revisions == 0 ? terms.workTimes[state.milestone] : uint256(terms.reworkTime));
        if (state.deadline != 0 && state.deadline < second) second = state.deadline;
    }

    function isOpen(IWorkTypes.State memory state) public pure returns (bool) {
        return state.phase == IWorkTypes.Phase.Funded || state.phase == IWorkTypes.Phase.Submitted
            || state.phase == IWorkTypes.Phase.Disputed;
    }

    function actAsStranger(IWorkTypes.Terms memory terms, IWorkTypes.State memory state) private {
        _passBeyond(opensAfter(terms, state));
        vm.prank(STRANGER);
        if (state.phase == IWorkTypes.Phase.Funded) agreements.reclaim(terms, state.milestone);
        else if (state.phase == IWorkTypes.Phase.Submitted) agreements.settle(terms, state.milestone);
        else agreements.resolve(terms, state.milestone);
    }

    function _requestChanges(uint256 seed, IWorkTypes.Terms memory terms, bool relayed) private {
        IWorkTypes.State memory state = agreements.stateOf(agreements.hashTerms(terms));
        if (!_inReview(terms, state) || state.revisions >= terms.revisionsMax) return;
        bytes memory data = abi.encodeCall(IWorkAgreements.requestChanges, (terms, state.milestone, bytes32(seed)));
        _act(terms.manager, data, relayed);
    }

    function _dispute(IWorkTypes.Terms memory terms, uint256 employerBps, bool relayed) private {
        IWorkTypes.State memory state = agreements.stateOf(agreements.hashTerms(terms));
        if (!_inReview(terms, state) || terms.court == address(0) || !_canPay(terms, terms.manager)) return;
        employerBps = bound(employerBps, 0, 10_000);
        uint256 cost = court.cost(0, terms.token, state.claimed);
        bytes memory data = abi.encodeCall(IWorkAgreements.dispute, (terms, state.milestone, employerBps, cost));
        _act(terms.manager, data, relayed);
    }

    function _withdraw(ReentrantBook token, address party, bool relayed) private returns (bool done) {
        (uint256 credit,) = agreements.creditOf(party, address(token));
        if (credit == 0 || token.refused(address(agreements))) return false;
        _act(party, abi.encodeCall(IWorkAgreements.withdraw, (address(token), STRANGER)), relayed);
        return true;
    }

    function _amended(IWorkTypes.Terms memory terms, IWorkTypes.State memory state, uint256 seed, uint128 amount)
        private
        view
        returns (IWorkTypes.Terms memory next)
    {
        next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
        next.previous = agreements.hashTerms(terms);
        next.sequence += 1;
        next.reviewWindow = uint32(bound(seed >> 3, 3 days, 90 days));
        next.reworkTime = uint32(bound(seed >> 6, 3 days, 90 days));
        next.revisionsMax = uint8(bound(seed >> 9, 0, 3));
        uint256 least = state.phase == IWorkTypes.Phase.Idle ? uint256(state.funded) + 1 : state.funded;
        _addMilestones(next, bound(seed >> 12, least, least + 3), seed, amount, 1);
    }

    /// @dev An agreement in one of `phases`, a bit each, if there is one.
    function _pick(uint256 seed, uint256 phases)
        private
        view
        returns (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state)
    {
        uint256 count = ledger.size();
        for (uint256 i = 0; i < count; ++i) {
            bytes32 agreement = ledger.agreementAt((seed % count + i) % count);
            IWorkTypes.State memory found = agreements.stateOf(agreement);
            if (phases & (1 << uint256(found.phase)) != 0) return (true, ledger.termsOf(agreement), found);
        }
    }

    function _inReview(IWorkTypes.Terms memory terms, IWorkTypes.State memory state) private view returns (bool) {
        return state.phase == IWorkTypes.Phase.Submitted && block.timestamp <= uint256(state.since) + terms.reviewWindow;
    }

    function _canPay(IWorkTypes.Terms memory terms, address payer) private view returns (bool) {
        ReentrantBook token = ReentrantBook(terms.token);
        return !token.refused(payer) && !token.refused(address(agreements));
    }

    function _passBeyond(uint256 second) private {
        if (block.timestamp <= second) vm.warp(second + 1);
    }
}
