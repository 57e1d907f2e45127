// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../src/Policy.sol";
import {ICourtRules} from "../src/interfaces/ICourtRules.sol";
import {IPolicy} from "../src/interfaces/IPolicy.sol";
import {Base} from "./utils/Base.sol";
import {Dollar} from "./utils/Tokens.sol";

contract PolicyTest is Base {
    uint256 private constant NOW = 1_800_000_000;
    address private constant OWNER = address(0x0117);
    address private constant RECEIVER = address(0xFEE);
    address private constant GUARDIAN = address(0x64A);
    bytes32 private constant ESCROW = "WorkAgreements";

    Policy private policy;
    address private dollar;
    address private coin;

    function setUp() public {
        vm.warp(NOW);
        (dollar, coin) = (address(new Dollar()), address(new Dollar()));
        bytes memory arguments = abi.encode(OWNER, parameters(), listing(dollar, 5, 7), official(ESCROW, address(1)));
        policy = Policy(deploy("Policy", type(Policy).creationCode, arguments));
    }

    function test_deploy_isVersion1() public view {
        vm.assertEq(policy.OWNER(), OWNER);
        vm.assertEq(policy.currentVersion(), 1);
        vm.assertEq(policy.feeReceiver(), RECEIVER);
        vm.assertEq(policy.officialAddressOf(1, ESCROW), address(1));
        assertListed(1, dollar, 5, 7);
        assertListed(1, coin, 0, 0);
        (IPolicy.Parameters memory told, uint256 published, uint256 superseded) = policy.parametersOf(1);
        vm.assertEq(keccak256(abi.encode(told)), keccak256(abi.encode(parameters())));
        vm.assertEq(published, NOW);
        vm.assertEq(superseded, 0);
    }

    function test_deploy_needsAnOwner() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.Unauthorized.selector, address(0)));
        new Policy(address(0), parameters(), noTokens(), noOfficials());
    }

    function test_publish_tellsTheWholeChange() public {
        IPolicy.Parameters memory next = parameters();
        next.feeBps = 1000;
        vm.expectEmit(address(policy));
        emit IPolicy.PolicyPublished(2, next, listing(coin, 1, 2), one(dollar), official(ESCROW, address(2)));
        publish(next, listing(coin, 1, 2), one(dollar), official(ESCROW, address(2)));
        vm.assertEq(policy.currentVersion(), 2);
    }

    function test_publish_refusesAnyoneButTheOwner(address caller) public {
        if (caller == OWNER) caller = address(1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.Unauthorized.selector, caller));
        vm.prank(caller);
        policy.publish(1, parameters(), noTokens(), new address[](0), noOfficials());
    }

    /// A change that was made for another version was made without knowing what it takes away.
    function test_publish_refusesAChangeOfAnotherVersion(uint32 supersedes) public {
        publish(parameters());
        if (supersedes == 2) supersedes = 1;
        vm.expectRevert(abi.encodeWithSelector(IPolicy.VersionMoved.selector, supersedes, 2));
        vm.prank(OWNER);
        policy.publish(supersedes, parameters(), noTokens(), new address[](0), noOfficials());
    }

    function test_publish_boundsEveryParameter() public {
        IPolicy.Parameters memory next = parameters();
        next.feeBps = 2001;
        refuses(next, "feeBps", 2001, 0, 2000);
        next = parameters();
        next.reviewWindowMin = 3 days - 1;
        refuses(next, "reviewWindowMin", 3 days - 1, 3 days, 90 days);
        next = parameters();
        next.reviewWindowMax = 90 days + 1;
        refuses(next, "reviewWindowMax", 90 days + 1, 3 days, 90 days);
        (next.reviewWindowMin, next.reviewWindowMax) = (5 days, 4 days);
        refuses(next, "reviewWindowMax", 4 days, 5 days, 90 days);
        next = parameters();
        next.reworkTimeMin = 3 days - 1;
        refuses(next, "reworkTimeMin", 3 days - 1, 3 days, 90 days);
        next.reworkTimeMin = 90 days + 1;
        refuses(next, "reworkTimeMin", 90 days + 1, 3 days, 90 days);
        next = parameters();
        next.validityMax = 1 days - 1;
        refuses(next, "validityMax", 1 days - 1, 1 days, 30 days);
        next.validityMax = 30 days + 1;
        refuses(next, "validityMax", 30 days + 1, 1 days, 30 days);
        next = parameters();
        next.originBpsMax = 5001;
        refuses(next, "originBpsMax", 5001, 0, 5000);
    }

    /// Whatever is voted, what stands is inside the bounds.
    function test_publish_neverLeavesTheBounds(IPolicy.Parameters memory next) public {
        vm.prank(OWNER);
        try policy.publish(1, next, noTokens(), new address[](0), noOfficials()) {} catch {}
        (IPolicy.Parameters memory held,,) = policy.parametersOf(policy.currentVersion());
        vm.assertLe(held.feeBps, 2000);
        vm.assertLe(3 days, held.reviewWindowMin);
        vm.assertLe(held.reviewWindowMin, held.reviewWindowMax);
        vm.assertLe(held.reviewWindowMax, 90 days);
        vm.assertLe(3 days, held.reworkTimeMin);
        vm.assertLe(held.reworkTimeMin, 90 days);
        vm.assertLe(1 days, held.validityMax);
        vm.assertLe(held.validityMax, 30 days);
        vm.assertLe(held.originBpsMax, 5000);
        vm.assertTrue(held.feeReceiver != address(0) && held.feeReceiver != address(policy));
    }

    function test_publish_refusesReceiversThatLoseMoney() public {
        IPolicy.Parameters memory next = parameters();
        address[2] memory lost = [address(0), address(policy)];
        for (uint256 i = 0; i < lost.length; ++i) {
            next.feeReceiver = lost[i];
            bytes memory refusal = abi.encodeWithSelector(IPolicy.RecipientInvalid.selector, lost[i]);
            refuses(next, noTokens(), new address[](0), noOfficials(), refusal);
        }
    }

    function test_publish_refusesListingsThatSayNothing() public {
        IPolicy.PaymentToken[3] memory bad = [
            IPolicy.PaymentToken(address(0xC0DE), 1, 1),
            IPolicy.PaymentToken(coin, 0, 1),
            IPolicy.PaymentToken(coin, 1, 0)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            IPolicy.PaymentToken[] memory listed = listing(bad[i].token, bad[i].amountMin, bad[i].referencePrice);
            bytes memory refusal = abi.encodeWithSelector(IPolicy.ListingInvalid.selector, bad[i].token);
            refuses(parameters(), listed, new address[](0), noOfficials(), refusal);
        }
    }

    function test_publish_refusesToDelistWhatIsNotListed() public {
        bytes memory refusal = abi.encodeWithSelector(IPolicy.TokenNotListed.selector, coin, 2);
        refuses(parameters(), noTokens(), one(coin), noOfficials(), refusal);
    }

    function test_publish_refusesAnOfficialWithoutAName() public {
        bytes memory refusal = abi.encodeWithSelector(IPolicy.OfficialInvalid.selector, address(3));
        refuses(parameters(), noTokens(), new address[](0), official(0, address(3)), refusal);
    }

    function test_history_staysReadable() public {
        publish(parameters(), listing(dollar, 50, 70), new address[](0), official(ESCROW, address(2)));
        publish(parameters(), listing(coin, 1, 1), one(dollar), official(ESCROW, address(0)));
        publish(parameters(), listing(dollar, 9, 9), one(coin), official("Treasury", address(4)));

        assertListed(1, dollar, 5, 7);
        assertListed(2, dollar, 50, 70);
        assertListed(3, dollar, 0, 0);
        assertListed(4, dollar, 9, 9);
        assertListed(2, coin, 0, 0);
        assertListed(3, coin, 1, 1);
        assertListed(4, coin, 0, 0);
        address[4] memory escrows = [address(1), address(2), address(0), address(0)];
        for (uint32 version = 1; version <= 4; ++version) {
            vm.assertEq(policy.officialAddressOf(version, ESCROW), escrows[version - 1]);
            vm.assertEq(policy.officialAddressOf(version, "Treasury"), version == 4 ? address(4) : address(0));
        }
    }

    function test_history_refusesVersionsNobodyPublished(uint32 version) public {
        if (version == 1) version = 2;
        bytes memory unknown = abi.encodeWithSelector(IPolicy.VersionUnknown.selector, version);
        vm.expectRevert(unknown);
        policy.parametersOf(version);
        vm.expectRevert(unknown);
        policy.paymentTokenOf(version, dollar);
        vm.expectRevert(unknown);
        policy.officialAddressOf(version, ESCROW);
        vm.expectRevert(unknown);
        policy.fundingRules(version, dollar);
        vm.assertTrue(!policy.fundable(version, dollar));
    }

    /// The last thing that one version says of a token is what holds in it.
    function test_publish_takesTheLastWordOfAVersion() public {
        IPolicy.PaymentToken[] memory twice = new IPolicy.PaymentToken[](2);
        (twice[0], twice[1]) = (IPolicy.PaymentToken(coin, 1, 1), IPolicy.PaymentToken(coin, 2, 2));
        publish(parameters(), twice, new address[](0), noOfficials());
        assertListed(2, coin, 2, 2);
        assertListed(1, coin, 0, 0);
        publish(parameters(), listing(dollar, 8, 8), one(dollar), noOfficials());
        assertListed(3, dollar, 0, 0);
        assertListed(2, dollar, 5, 7);

        IPolicy.OfficialAddress[] memory named = new IPolicy.OfficialAddress[](2);
        named[0] = IPolicy.OfficialAddress(ESCROW, address(2));
        named[1] = IPolicy.OfficialAddress(ESCROW, address(3));
        publish(parameters(), noTokens(), new address[](0), named);
        vm.assertEq(policy.officialAddressOf(4, ESCROW), address(3));
        vm.assertEq(policy.officialAddressOf(3, ESCROW), address(1));
    }

    function test_fundable_endsTo14DaysAfterBeingSuperseded(uint256 superseded, uint256 later) public {
        superseded = bound(superseded, 0, 10 * 365 days);
        later = bound(later, 0, 30 days);
        vm.warp(NOW + superseded);
        vm.assertTrue(policy.fundable(1, dollar));
        publish(parameters(), noTokens(), one(dollar), noOfficials());
        vm.warp(NOW + superseded + later);
        vm.assertEq(policy.fundable(1, dollar), later < 14 days);
        vm.assertTrue(!policy.fundable(2, dollar));
        vm.assertTrue(!policy.fundable(1, coin));

        if (later >= 14 days) {
            uint256 last = NOW + superseded + 14 days - 1;
            vm.expectRevert(abi.encodeWithSelector(IPolicy.VersionExpired.selector, 1, last));
        }
        IPolicy.FundingRules memory rules = policy.fundingRules(1, dollar);
        if (later < 14 days) vm.assertEq(rules.amountMin, 5);
    }

    function test_stopEntry_refusesFundingForAWhile(uint256 duration, uint256 later) public {
        duration = bound(duration, 1, 14 days);
        later = bound(later, 0, 30 days);
        vm.expectEmit(address(policy));
        emit IPolicy.EntryStopped(1, NOW + duration);
        stop(1, duration);
        vm.assertEq(policy.stoppedUntil(1), NOW + duration);
        vm.warp(NOW + later);
        vm.assertEq(policy.fundable(1, dollar), later > duration);
        if (later <= duration) {
            vm.expectRevert(abi.encodeWithSelector(IPolicy.EntryIsStopped.selector, 1, NOW + duration));
        }
        policy.fundingRules(1, dollar);
        vm.warp(NOW + duration);
        vm.assertTrue(!policy.fundable(1, dollar), "the stop's last second");
    }

    /// One stop a version: a guardian alone never closes the door for longer than 14 days.
    function test_stopEntry_onceAVersion() public {
        stop(1, 1);
        vm.warp(NOW + 100 days);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.StopSpent.selector, 1));
        stop(1, 1);
        publish(parameters());
        vm.assertTrue(policy.fundable(2, dollar));
        stop(2, 14 days);
        vm.assertTrue(!policy.fundable(2, dollar));
    }

    /// A vote outranks a stop: what it publishes is open.
    function test_stopEntry_leavesOtherVersionsOpen() public {
        publish(parameters());
        stop(1, 14 days);
        vm.assertTrue(policy.fundable(2, dollar) && !policy.fundable(1, dollar));
        vm.assertEq(policy.stoppedUntil(2), 0);
    }

    function test_stopEntry_belongsToTheVersionsGuardian(address caller) public {
        if (caller == GUARDIAN) caller = OWNER;
        vm.expectRevert(abi.encodeWithSelector(IPolicy.Unauthorized.selector, caller));
        vm.prank(caller);
        policy.stopEntry(1, 1);
        IPolicy.Parameters memory next = parameters();
        next.guardian = address(0);
        publish(next);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.Unauthorized.selector, GUARDIAN));
        stop(2, 1);
    }

    function test_stopEntry_boundsItself(uint256 duration) public {
        duration = duration == 0 ? 0 : bound(duration, 14 days + 1, type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(IPolicy.ParameterOutOfBounds.selector, bytes32("duration"), duration, 1, 14 days)
        );
        stop(1, duration);
    }

    function test_stopEntry_refusesVersionsThatNobodyCanFund() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.VersionUnknown.selector, 2));
        stop(2, 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.VersionUnknown.selector, 2));
        policy.stoppedUntil(2);
        publish(parameters());
        vm.warp(NOW + 14 days);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.VersionExpired.selector, 1, NOW + 14 days - 1));
        stop(1, 1);
    }

    /// Rule sets are the owner's to add, and nobody's to change: a vote adds another.
    function test_addCourtRules_isTheOwnersAndForEver(address caller) public {
        if (caller == OWNER) caller = GUARDIAN;
        ICourtRules.CourtRuleSet memory rules =
            ICourtRules.CourtRuleSet(500, 1000, 5 days, 1 days, 2 days, 1 days, 2 days);
        ICourtRules.CourtToken[] memory heard = new ICourtRules.CourtToken[](1);
        heard[0] = ICourtRules.CourtToken(dollar, 7);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.Unauthorized.selector, caller));
        vm.prank(caller);
        policy.addCourtRules(rules, heard);

        vm.prank(OWNER);
        vm.assertEq(policy.addCourtRules(rules, heard), 1);
        publish(parameters());
        vm.assertEq(keccak256(abi.encode(policy.courtRules(1))), keccak256(abi.encode(rules)));
        vm.assertEq(policy.courtCostMin(1, dollar), 7);
        vm.assertEq(policy.courtRulesCount(), 1);
    }

    function stop(uint32 version, uint256 duration) private {
        vm.prank(GUARDIAN);
        policy.stopEntry(version, duration);
    }

    function assertListed(uint32 version, address token, uint128 amountMin, uint88 price) private view {
        IPolicy.PaymentToken memory told = policy.paymentTokenOf(version, token);
        vm.assertEq(told.token, amountMin == 0 ? address(0) : token);
        vm.assertEq(told.amountMin, amountMin);
        vm.assertEq(told.referencePrice, price);
    }

    function refuses(IPolicy.Parameters memory next, bytes32 name, uint256 value, uint256 min, uint256 max) private {
        bytes memory refusal = abi.encodeWithSelector(IPolicy.ParameterOutOfBounds.selector, name, value, min, max);
        refuses(next, noTokens(), new address[](0), noOfficials(), refusal);
    }

    function refuses(
        IPolicy.Parameters memory next,
        IPolicy.PaymentToken[] memory listed,
        address[] memory delisted,
        IPolicy.OfficialAddress[] memory officials,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        policy.publish(1, next, listed, delisted, officials);
    }

    function publish(IPolicy.Parameters memory next) private {
        publish(next, noTokens(), new address[](0), noOfficials());
    }

    function publish(
        IPolicy.Parameters memory next,
        IPolicy.PaymentToken[] memory listed,
        address[] memory delisted,
        IPolicy.OfficialAddress[] memory officials
    ) private {
        uint32 current = policy.currentVersion();
        vm.prank(OWNER);
        policy.publish(current, next, listed, delisted, officials);
    }

    function parameters() private pure returns (IPolicy.Parameters memory) {
        return IPolicy.Parameters(RECEIVER, 1500, 3 days, 90 days, 3 days, 30 days, 5000, GUARDIAN);
    }

    function listing(address token, uint128 amountMin, uint88 price)
        private
        pure
        returns (IPolicy.PaymentToken[] memory tokens)
    {
        tokens = new IPolicy.PaymentToken[](1);
        tokens[0] = IPolicy.PaymentToken(token, amountMin, price);
    }

    function official(bytes32 kind, address account) private pure returns (IPolicy.OfficialAddress[] memory officials) {
        officials = new IPolicy.OfficialAddress[](1);
        officials[0] = IPolicy.OfficialAddress(kind, account);
    }

    function one(address token) private pure returns (address[] memory tokens) {
        tokens = new address[](1);
        tokens[0] = token;
    }

    function noTokens() private pure returns (IPolicy.PaymentToken[] memory) {
        return new IPolicy.PaymentToken[](0);
    }

    function noOfficials() private pure returns (IPolicy.OfficialAddress[] memory) {
        return new IPolicy.OfficialAddress[](0);
    }
}
