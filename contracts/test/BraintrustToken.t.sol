// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BraintrustToken} from "../src/BraintrustToken.sol";
import {Base} from "./utils/Base.sol";

contract BraintrustTokenTest is Base {
    address private constant HOLDER = address(0x401de2);
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    BraintrustToken private token;

    function setUp() public {
        token = BraintrustToken(deploy("BraintrustToken", type(BraintrustToken).creationCode, abi.encode(HOLDER)));
    }

    function test_deploy_mintsWholeSupplyOnce() public view {
        vm.assertEq(token.totalSupply(), 250_000_000 * 10 ** uint256(token.decimals()));
        vm.assertEq(token.balanceOf(HOLDER), token.SUPPLY());
        vm.assertEq(keccak256(bytes(token.symbol())), keccak256("BTRST"));
    }

    function test_transfer_keepsSupply(address to, uint256 amount) public {
        if (to == address(0) || to == HOLDER) to = address(1);
        amount = bound(amount, 0, token.SUPPLY());
        vm.prank(HOLDER);
        token.transfer(to, amount);
        vm.assertEq(token.balanceOf(to) + token.balanceOf(HOLDER), token.totalSupply());
    }

    function test_permit_setsAllowanceOnce(uint256 amount) public {
        uint256 key = 0xB0B;
        address owner = vm.addr(key);
        bytes32 structHash =
            keccak256(abi.encode(PERMIT_TYPEHASH, owner, address(this), amount, uint256(0), block.timestamp));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash)));

        token.permit(owner, address(this), amount, block.timestamp, v, r, s);
        vm.assertEq(token.allowance(owner, address(this)), amount);

        vm.expectRevert();
        token.permit(owner, address(this), amount, block.timestamp, v, r, s);
    }

    function test_noMint_noOwner() public {
        string[4] memory absent = ["owner()", "mint(address,uint256)", "pause()", "burn(uint256)"];
        for (uint256 i = 0; i < absent.length; ++i) {
            (bool known,) = address(token).call(abi.encodeWithSignature(absent[i], HOLDER, 1));
            vm.assertTrue(!known, absent[i]);
        }
    }
}
