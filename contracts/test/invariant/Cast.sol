// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IPolicy} from "../../src/interfaces/IPolicy.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Base} from "../utils/Base.sol";
import {TestCourt} from "../utils/Courts.sol";
import {ReentrantBook} from "../utils/Tokens.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Who meets at the escrow, and what they can agree on.
abstract contract Cast is Base {
    uint256 internal constant PARTIES = 3;
    uint256 internal constant TOKENS = 2;
    /// @dev Every party in every token: the two have no divisor in common, so counting up meets each pair.
    uint256 internal constant PAIRS = PARTIES * TOKENS;
    uint256 public constant FEE_RECEIVERS = 2;
    uint32 internal constant CASE = 40 days;
    address internal constant STRANGER = address(0x57a);

    WorkAgreements public immutable agreements;
    IPolicy public immutable policy;
    Ledger public immutable ledger;
    TestCourt public immutable court = new TestCourt(CASE);
    ReentrantBook[TOKENS] private _tokens;
    uint256 internal _nonces;

    constructor(WorkAgreements escrow) {
        agreements = escrow;
        policy = escrow.POLICY();
        ledger = new Ledger(address(escrow));
        for (uint256 i = 0; i < TOKENS; ++i) {
            _tokens[i] = new ReentrantBook();
            for (uint256 j = 0; j < PARTIES; ++j) {
                _endow(_tokens[i], employerAt(j));
            }
            _endow(_tokens[i], vm.addr(managerKey(0)));
        }
        _publish(0);
    }

    function _endow(ReentrantBook token, address payer) private {
        token.mint(payer, type(uint192).max);
        vm.prank(payer);
        token.approve(address(agreements), type(uint256).max);
    }

    function tokenAt(uint256 seed) public view returns (ReentrantBook) {
        return _tokens[seed % TOKENS];
    }

    function employerKey(uint256 seed) public pure returns (uint256) {
        return 0xE000 + seed % PARTIES;
    }

    function employerAt(uint256 seed) public pure returns (address) {
        return vm.addr(employerKey(seed));
    }

    /// @dev Every fifth agreement has a manager of its own.
    function managerKey(uint256 seed) public pure returns (uint256) {
        return seed % 5 == 0 ? 0xA9 : employerKey(seed);
    }

    function payoutAt(uint256 seed) public pure returns (address) {
        return vm.addr(payoutKey(seed));
    }

    function payoutKey(uint256 seed) public pure returns (uint256) {
        return 0xBA00 + seed % (2 * PARTIES);
    }

    function originAt(uint256 seed) public pure returns (address) {
        return seed % 3 == 0 ? address(0) : address(uint160(0x04160 + seed % PARTIES));
    }

    function feeReceiverAt(uint256 seed) public pure returns (address) {
        return address(uint160(0xFEE0 + seed % FEE_RECEIVERS));
    }

    function talentKey(uint256 seed) public pure returns (uint256) {
        return 0x7a00 + seed % PARTIES;
    }

    /// @dev The key of any party but a contract.
    function keyOf(address party) internal pure returns (uint256) {
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (party == employerAt(i)) return employerKey(i);
            if (party == vm.addr(talentKey(i))) return talentKey(i);
        }
        for (uint256 i = 0; i < 2 * PARTIES; ++i) {
            if (party == payoutAt(i)) return payoutKey(i);
        }
        return 0xA9;
    }

    function _newTerms(uint256 seed, uint128 amount) internal returns (IWorkTypes.Terms memory terms) {
        terms.nonce = ++_nonces;
        terms.employer = employerAt(seed);
        terms.manager = vm.addr(managerKey(seed));
        terms.talent = vm.addr(talentKey(seed));
        terms.payout = payoutAt(seed);
        terms.token = address(tokenAt(seed));
        terms.policyVersion = policy.currentVersion() - uint32(seed % 2);
        if (!policy.fundable(terms.policyVersion, terms.token)) return terms;
        IPolicy.FundingRules memory rules = policy.fundingRules(terms.policyVersion, terms.token);
        terms.feeBps = rules.feeBps;
        terms.origin = originAt(seed >> 5);
        terms.originBps = uint16(terms.origin == address(0) ? 0 : bound(seed >> 7, 0, rules.originBpsMax));
        terms.reviewWindow = uint32(bound(seed, rules.reviewWindowMin, rules.reviewWindowMax));
        terms.reworkTime = uint32(bound(seed >> 9, rules.reworkTimeMin, 90 days));
        terms.revisionsMax = uint8(bound(seed >> 11, 0, 3));
        if (seed % 7 != 3) (terms.court, terms.caseTime) = (address(court), CASE + uint32(seed % 1000));
        terms.fallbackTalentBps = uint16(bound(seed >> 13, 0, 10_000));
        terms.validUntil = uint64(block.timestamp + bound(seed, 0, rules.validityMax));
        _addMilestones(terms, bound(seed >> 8, 1, 4), seed, amount, rules.amountMin);
    }

    function _addMilestones(
        IWorkTypes.Terms memory terms,
        uint256 milestones,
        uint256 seed,
        uint128 amount,
        uint256 amountMin
    ) internal pure {
        (uint128[] memory amounts, uint32[] memory workTimes) = (terms.amounts, terms.workTimes);
        terms.amounts = new uint128[](milestones);
        terms.workTimes = new uint32[](milestones);
        for (uint256 i = 0; i < milestones; ++i) {
            if (i < amounts.length) {
                (terms.amounts[i], terms.workTimes[i]) = (amounts[i], workTimes[i]);
            } else {
                terms.amounts[i] = uint128(bound(uint256(amount) >> (32 * (i % 4)), amountMin, type(uint128).max));
                terms.workTimes[i] = uint32(bound(seed >> (16 + 32 * (i % 4)), 1 hours, 365 days));
            }
        }
    }

    /// @dev Any lawful vote: another receiver, fee and bounds, other minima, a token off the list.
    function _publish(uint256 seed) internal {
        IPolicy.Parameters memory next;
        next.feeReceiver = feeReceiverAt(seed);
        next.feeBps = uint16(bound(seed >> 8, 0, 2000));
        next.reviewWindowMin = uint32(bound(seed >> 16, 3 days, 90 days));
        next.reviewWindowMax = uint32(bound(seed >> 24, next.reviewWindowMin, 90 days));
        next.reworkTimeMin = uint32(bound(seed >> 28, 3 days, 90 days));
        next.validityMax = uint32(bound(seed >> 32, 1 days, 30 days));
        next.originBpsMax = uint16(bound(seed >> 36, 0, 5000));
        next.guardian = STRANGER;
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

    function _signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Makes a party's call: by itself, or signed and brought by a stranger.
    function _act(address party, bytes memory data, bool relayed) internal {
        if (relayed) {
            uint256 expiry = block.timestamp;
            bytes memory signature = _signed(keyOf(party), agreements.hashCall(party, expiry, data));
            data = abi.encodeCall(IWorkAgreements.callBySignature, (party, expiry, data, signature));
        }
        vm.prank(relayed ? STRANGER : party);
        (bool done, bytes memory answer) = address(agreements).call(data);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
