// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DevelopmentDollar} from "../src/DevelopmentDollar.sol";
import {Base} from "./utils/Base.sol";

contract DevelopmentDollarTest is Base {
    function test_deploy_mintsOnceWithSixDecimals() public {
        bytes memory arguments = abi.encode(address(0x401de2));
        DevelopmentDollar dollar =
            DevelopmentDollar(deploy("DevelopmentDollar", type(DevelopmentDollar).creationCode, arguments));
        vm.assertEq(dollar.decimals(), 6);
        vm.assertEq(dollar.totalSupply(), 1_000_000_000e6);
        vm.assertEq(dollar.balanceOf(address(0x401de2)), dollar.SUPPLY());
    }
}
