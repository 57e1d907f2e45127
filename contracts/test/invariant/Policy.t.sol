// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../../src/Policy.sol";
import {IPolicy} from "../../src/interfaces/IPolicy.sol";
import {Base, Vm} from "../utils/Base.sol";
import {Dollar} from "../utils/Tokens.sol";

/// @notice Publishes any lawful change and keeps, version by version, what the logs alone tell.
contract PolicyHandler is Base {
    struct Told {
        IPolicy.Parameters parameters;
        uint256 publishedAt;
        uint256 supersededAt;
        IPolicy.PaymentToken[2] tokens;
        address[2] officials;
    }

    Policy public immutable policy;
    address[2] public tokens = [address(new Dollar()), address(new Dollar())];
    bytes[] private _told;

    constructor() {
        vm.recordLogs();
        policy = new Policy(address(this), parametersOf(0), new IPolicy.PaymentToken[](0), officialsOf(0));
        read();
    }

    function publish(uint256 seed) external {
        vm.recordLogs();
        policy.publish(policy.currentVersion(), parametersOf(seed), listedOf(seed), delistedOf(seed), officialsOf(seed));
        read();
    }

    function wait(uint256 duration) external {
        vm.warp(block.timestamp + bound(duration, 0, 20 days));
    }

    function size() external view returns (uint256) {
        return _told.length;
    }

    function toldOf(uint32 version) external view returns (Told memory) {
        return abi.decode(_told[version - 1], (Told));
    }

    function kindAt(uint256 i) public pure returns (bytes32) {
        return i == 0 ? bytes32("WorkAgreements") : bytes32("Treasury");
    }

    function read() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 1 && logs[0].topics[0] == IPolicy.PolicyPublished.selector, "one log a version");
        require(uint256(logs[0].topics[1]) == _told.length + 1, "versions without gaps");
        (
            IPolicy.Parameters memory parameters,
            IPolicy.PaymentToken[] memory listed,
            address[] memory delisted,
            IPolicy.OfficialAddress[] memory officials
        ) = abi.decode(logs[0].data, (IPolicy.Parameters, IPolicy.PaymentToken[], address[], IPolicy.OfficialAddress[]));
        Told memory next;
        if (_told.length > 0) {
            next = last();
            next.supersededAt = block.timestamp;
            _told[_told.length - 1] = abi.encode(next);
        }
        (next.parameters, next.publishedAt, next.supersededAt) = (parameters, block.timestamp, 0);
        for (uint256 i = 0; i < listed.length; ++i) {
            next.tokens[listed[i].token == tokens[0] ? 0 : 1] = listed[i];
        }
        for (uint256 i = 0; i < delisted.length; ++i) {
            delete next.tokens[delisted[i] == tokens[0] ? 0 : 1];
        }
        for (uint256 i = 0; i < officials.length; ++i) {
            next.officials[officials[i].kind == kindAt(0) ? 0 : 1] = officials[i].account;
        }
        _told.push(abi.encode(next));
    }

    function last() private view returns (Told memory) {
        return abi.decode(_told[_told.length - 1], (Told));
    }

    function parametersOf(uint256 seed) private pure returns (IPolicy.Parameters memory next) {
        next.feeReceiver = address(uint160(bound(seed, 1, 100)));
        next.feeBps = uint16(bound(seed >> 8, 0, 2000));
        next.reviewWindowMin = uint32(bound(seed >> 16, 3 days, 90 days));
        next.reviewWindowMax = uint32(bound(seed >> 24, next.reviewWindowMin, 90 days));
        next.reworkTimeMin = uint32(bound(seed >> 32, 3 days, 90 days));
        next.validityMax = uint32(bound(seed >> 40, 1 days, 30 days));
        next.originBpsMax = uint16(bound(seed >> 50, 0, 5000));
        next.guardian = address(uint160(seed % 3));
    }

    function listedOf(uint256 seed) private view returns (IPolicy.PaymentToken[] memory listed) {
        listed = new IPolicy.PaymentToken[](seed % 3);
        for (uint256 i = 0; i < listed.length; ++i) {
            uint128 amountMin = uint128(bound(seed >> 48, 1, type(uint128).max));
            listed[i] = IPolicy.PaymentToken(tokens[(seed >> 4) % 2], amountMin, uint88(bound(seed >> 2, 1, 1e24)));
        }
    }

    function delistedOf(uint256 seed) private view returns (address[] memory delisted) {
        uint256 i = (seed >> 5) % 2;
        bool stands = last().tokens[i].amountMin != 0;
        delisted = new address[](stands && (seed >> 7) % 2 == 0 ? 1 : 0);
        if (delisted.length == 1) delisted[0] = tokens[i];
    }

    function officialsOf(uint256 seed) private pure returns (IPolicy.OfficialAddress[] memory officials) {
        officials = new IPolicy.OfficialAddress[](seed % 4 == 0 ? 1 : 0);
        if (officials.length == 1) {
            officials[0] = IPolicy.OfficialAddress(kindAt((seed >> 3) % 2), address(uint160((seed >> 9) % 3)));
        }
    }
}

/// @notice The history of any votes: readable for ever as the logs told it, fundable for 14 days.
contract PolicyInvariants is Base {
    PolicyHandler private handler;
    Policy private policy;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new PolicyHandler();
        policy = handler.policy();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_logsTellTheHistory() external view {
        vm.assertEq(policy.currentVersion(), handler.size());
        for (uint32 version = 1; version <= handler.size(); ++version) {
            PolicyHandler.Told memory told = handler.toldOf(version);
            (IPolicy.Parameters memory parameters, uint256 publishedAt, uint256 supersededAt) =
                policy.parametersOf(version);
            vm.assertEq(keccak256(abi.encode(parameters)), keccak256(abi.encode(told.parameters)));
            vm.assertEq(publishedAt, told.publishedAt);
            vm.assertEq(supersededAt, told.supersededAt);
            for (uint256 i = 0; i < 2; ++i) {
                vm.assertEq(
                    keccak256(abi.encode(policy.paymentTokenOf(version, handler.tokens(i)))),
                    keccak256(abi.encode(told.tokens[i]))
                );
                vm.assertEq(policy.officialAddressOf(version, handler.kindAt(i)), told.officials[i]);
            }
        }
    }

    function invariant_fundableFor14Days() external view {
        for (uint32 version = 1; version <= handler.size(); ++version) {
            PolicyHandler.Told memory told = handler.toldOf(version);
            bool alive = told.supersededAt == 0 || block.timestamp < told.supersededAt + 14 days;
            for (uint256 i = 0; i < 2; ++i) {
                vm.assertEq(policy.fundable(version, handler.tokens(i)), alive && told.tokens[i].amountMin != 0);
            }
        }
    }
}
