// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IPolicy} from "../../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Base, Vm} from "../utils/Base.sol";
import {BlacklistToken} from "../utils/Tokens.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Drives the escrow through every lawful call in any order. Each call must succeed, and what it logged is all
/// that the ledger learns.
contract Handler is Base {
    uint256 private constant PARTIES = 3;
    uint256 private constant TOKENS = 2;
    uint256 public constant FEE_RECEIVERS = 2;
    address private constant STRANGER = address(0x57a);

    WorkAgreements public immutable agreements;
    IPolicy public immutable policy;
    Ledger public immutable ledger = new Ledger();
    BlacklistToken[TOKENS] private _tokens = [new BlacklistToken(), new BlacklistToken()];
    uint256 private _nonces;

    constructor(WorkAgreements escrow) {
        agreements = escrow;
        policy = escrow.POLICY();
        _publish(0);
        for (uint256 i = 0; i < PARTIES * TOKENS; ++i) {
            BlacklistToken token = tokenAt(i);
            token.mint(employerAt(i / TOKENS), type(uint192).max);
            vm.prank(employerAt(i / TOKENS));
            token.approve(address(escrow), type(uint256).max);
        }
    }

    /// @dev Tells the ledger what the escrow logged, and nothing else.
    modifier told() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(agreements)) ledger.read(logs[i]);
        }
    }

    // ------------------------------------------------------------------------------------------------- actions

    function fund(uint256 seed, uint128 amount, uint256 count) external told {
        IWorkTypes.Terms memory terms = _newTerms(seed, amount);
        if (!_canFund(terms) || !policy.fundable(terms.policyVersion, terms.token)) return;
        bytes memory signature = _signed(terms, talentKey(seed));
        vm.prank(terms.employer);
        agreements.fund(terms, signature, bound(count, 1, terms.amounts.length));

        terms.documents = ~terms.documents;
        signature = _signed(terms, talentKey(seed));
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NonceSpent.selector, terms.talent, terms.nonce));
        vm.prank(terms.employer);
        agreements.fund(terms, signature, 1);
    }

    /// @dev Any lawful vote at any time: another receiver, fee and bounds, other minima, a token off the list.
    function publish(uint256 seed) external {
        _publish(seed);
    }

    function fundMore(uint256 seed, uint256 count) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        uint256 left = terms.amounts.length - state.funded;
        if (!any || left == 0 || state.phase == IWorkTypes.Phase.Ended || !_canFund(terms)) return;
        vm.prank(terms.employer);
        agreements.fundMore(terms, bound(count, 1, left));
    }

    function submit(uint256 seed, uint256 claimed, bytes32 evidence) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        if (!any || state.phase != IWorkTypes.Phase.Funded) return;
        if (block.timestamp > state.since + uint256(terms.workTimes[state.milestone])) return;
        vm.prank(terms.talent);
        agreements.submit(terms, state.milestone, bound(claimed, 1, terms.amounts[state.milestone]), evidence);
    }

    function release(uint256 seed, uint256 pay) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        if (!any || !_isOpen(state)) return;
        uint256 least = state.phase == IWorkTypes.Phase.Submitted ? state.claimed : 1;
        vm.prank(terms.manager);
        agreements.release(terms, state.milestone, bound(pay, least, terms.amounts[state.milestone]));
    }

    function refund(uint256 seed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        if (!any || !_isOpen(state)) return;
        vm.prank(terms.talent);
        agreements.refund(terms, state.milestone);
    }

    /// @dev Time passes to the first second in which the escrow lets a stranger act, then the stranger does.
    function silence(uint256 seed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        if (any && _isOpen(state)) actAsStranger(terms, state);
    }

    function reclaimAsEmployer(uint256 seed) external told {
        (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state) = _pick(seed);
        if (!any || state.phase != IWorkTypes.Phase.Funded) return;
        _passBeyond(state.since + uint256(terms.workTimes[state.milestone]));
        vm.prank(terms.employer);
        agreements.reclaim(terms, state.milestone);
    }

    function burnNonce(uint256 seed) external told {
        vm.prank(vm.addr(talentKey(seed)));
        agreements.burnNonce(++_nonces);
    }

    function withdraw(uint256 seed, bool asTalent) external told {
        BlacklistToken token = tokenAt(seed);
        address party = asTalent ? vm.addr(talentKey(seed)) : employerAt(seed);
        (uint256 credit,) = agreements.creditOf(party, address(token));
        if (credit == 0 || token.refused(address(agreements))) return;
        vm.prank(party);
        agreements.withdraw(address(token), STRANGER);
    }

    function sweepFees(uint256 seed) external told {
        BlacklistToken token = tokenAt(seed);
        (uint256 amount,) = agreements.feesOf(address(token));
        if (amount > 0 && !token.refused(address(agreements))) agreements.sweepFees(address(token));
    }

    function refuse(uint256 seed, uint256 who, bool on, bool saysFalse) external {
        address[4] memory accounts = [employerAt(seed), payoutAt(seed), address(agreements), vm.addr(talentKey(seed))];
        tokenAt(seed).refuse(accounts[who % 4], on);
        tokenAt(seed).sayFalse(saysFalse);
    }

    function wait(uint256 duration) external {
        vm.warp(block.timestamp + bound(duration, 0, 30 days));
    }

    // ------------------------------------------------------------------------------------------------- the way out

    /// @notice Lets time and a stranger empty one agreement; returns the second in which that was done.
    function emptyByTime(bytes32 agreement) external told returns (uint256) {
        IWorkTypes.Terms memory terms = ledger.termsOf(agreement);
        while (true) {
            IWorkTypes.State memory state = agreements.stateOf(agreement);
            if (!_isOpen(state)) return block.timestamp;
            actAsStranger(terms, state);
        }
        return 0;
    }

    /// @notice The second after which a stranger may act.
    function opensAfter(IWorkTypes.Terms memory terms, IWorkTypes.State memory state) public pure returns (uint256) {
        uint256 workTime = state.phase == IWorkTypes.Phase.Funded ? terms.workTimes[state.milestone] : 0;
        return state.since + workTime + terms.reviewWindow;
    }

    function actAsStranger(IWorkTypes.Terms memory terms, IWorkTypes.State memory state) private {
        _passBeyond(opensAfter(terms, state));
        vm.prank(STRANGER);
        if (state.phase == IWorkTypes.Phase.Funded) agreements.reclaim(terms, state.milestone);
        else agreements.settle(terms, state.milestone);
    }

    // ------------------------------------------------------------------------------------------------- the cast

    function tokenAt(uint256 seed) public view returns (BlacklistToken) {
        return _tokens[seed % TOKENS];
    }

    function employerAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xE00 + seed % PARTIES));
    }

    function payoutAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xBA00 + seed % PARTIES));
    }

    function feeReceiverAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xFEE0 + seed % FEE_RECEIVERS));
    }

    function talentKey(uint256 seed) public pure returns (uint256) {
        return 0x7a00 + seed % PARTIES;
    }

    function _newTerms(uint256 seed, uint128 amount) private returns (IWorkTypes.Terms memory terms) {
        terms.nonce = ++_nonces;
        terms.employer = employerAt(seed);
        terms.manager = seed % 5 == 0 ? address(0xA9) : terms.employer;
        terms.talent = vm.addr(talentKey(seed));
        terms.payout = payoutAt(seed);
        terms.token = address(tokenAt(seed));
        terms.policyVersion = policy.currentVersion() - uint32(seed % 2);
        if (!policy.fundable(terms.policyVersion, terms.token)) return terms;
        IPolicy.FundingRules memory rules = policy.fundingRules(terms.policyVersion, terms.token);
        terms.feeBps = rules.feeBps;
        terms.reworkTime = rules.reworkTimeMin;
        terms.reviewWindow = uint32(bound(seed, rules.reviewWindowMin, rules.reviewWindowMax));
        terms.validUntil = uint64(block.timestamp + bound(seed, 0, rules.validityMax));
        terms.amounts = new uint128[](bound(seed >> 8, 1, 4));
        terms.workTimes = new uint32[](terms.amounts.length);
        for (uint256 i = 0; i < terms.amounts.length; ++i) {
            terms.amounts[i] = uint128(bound(uint256(amount) >> (32 * i), rules.amountMin, type(uint128).max));
            terms.workTimes[i] = uint32(bound(seed >> (16 + 32 * i), 1 hours, 365 days));
        }
    }

    function _publish(uint256 seed) private {
        IPolicy.Parameters memory next;
        next.feeReceiver = feeReceiverAt(seed);
        next.feeBps = uint16(bound(seed >> 8, 0, 2000));
        next.reviewWindowMin = uint32(bound(seed >> 16, 3 days, 90 days));
        next.reviewWindowMax = uint32(bound(seed >> 24, next.reviewWindowMin, 90 days));
        next.reworkTimeMin = 3 days;
        next.validityMax = uint32(bound(seed >> 32, 1 days, 30 days));
        IPolicy.PaymentToken[] memory listed = new IPolicy.PaymentToken[](TOKENS);
        for (uint256 i = 0; i < TOKENS; ++i) {
            listed[i] = IPolicy.PaymentToken(address(tokenAt(i)), uint128(bound(seed >> 40, 1, 1e30)), 1);
        }
        address[] memory delisted = new address[](seed % 7 == 6 ? 1 : 0);
        if (delisted.length == 1) delisted[0] = address(tokenAt(seed >> 3));
        uint32 current = policy.currentVersion();
        vm.prank(policy.OWNER());
        policy.publish(current, next, listed, delisted, new IPolicy.OfficialAddress[](0));
    }

    function _signed(IWorkTypes.Terms memory terms, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, agreements.hashTerms(terms));
        return abi.encodePacked(r, s, v);
    }

    function _pick(uint256 seed)
        private
        view
        returns (bool any, IWorkTypes.Terms memory terms, IWorkTypes.State memory state)
    {
        uint256 count = ledger.size();
        if (count == 0) return (false, terms, state);
        bytes32 agreement = ledger.agreementAt(seed % count);
        return (true, ledger.termsOf(agreement), agreements.stateOf(agreement));
    }

    function _canFund(IWorkTypes.Terms memory terms) private view returns (bool) {
        BlacklistToken token = BlacklistToken(terms.token);
        return !token.refused(terms.employer) && !token.refused(address(agreements));
    }

    function _isOpen(IWorkTypes.State memory state) private pure returns (bool) {
        return state.phase == IWorkTypes.Phase.Funded || state.phase == IWorkTypes.Phase.Submitted;
    }

    function _passBeyond(uint256 second) private {
        if (block.timestamp <= second) vm.warp(second + 1);
    }
}
