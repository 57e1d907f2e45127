// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourtRules} from "../../src/interfaces/ICourtRules.sol";
import {CourtTest} from "./utils/CourtTest.sol";

contract CourtRulesTest is CourtTest {
    function test_add_isTheNextIdForEver() public {
        ICourtRules.CourtRuleSet memory first = ruleSet();
        ICourtRules.CourtRuleSet memory second = ruleSet();
        second.costBps = 1000;
        vm.expectEmit(address(book));
        emit ICourtRules.CourtRulesAdded(2, second, heard(address(token), 7));
        vm.assertEq(book.addCourtRules(second, heard(address(token), 7)), 2);
        vm.assertEq(book.courtRulesCount(), 2);
        vm.assertEq(keccak256(abi.encode(book.courtRules(1))), keccak256(abi.encode(first)));
        vm.assertEq(keccak256(abi.encode(book.courtRules(2))), keccak256(abi.encode(second)));
        vm.assertEq(book.courtCostMin(1, address(token)), 1e6);
        vm.assertEq(book.courtCostMin(2, address(token)), 7);
        vm.assertEq(book.courtCostMin(2, address(btrst)), 0);
    }

    function test_courtRules_refusesUnknownIds(uint256 id) public {
        if (id == 1) id = 0;
        vm.expectRevert(abi.encodeWithSelector(ICourtRules.CourtRulesUnknown.selector, id));
        book.courtRules(id);
    }

    /// Each number at its bounds is taken, one beyond them refused.
    function test_add_holdsTheBounds(uint256 field, bool high) public {
        string[7] memory names =
            ["costBps", "bandBps", "responseWindow", "drawWindow", "commitWindow", "revealWindow", "appealWindow"];
        uint32[7] memory mins =
            [uint32(1), 0, uint32(5 days), uint32(1 days), uint32(2 days), uint32(1 days), uint32(2 days)];
        uint32[7] memory maxs = [
            uint32(1000), uint32(2000), uint32(14 days), uint32(3 days), uint32(7 days), uint32(5 days), uint32(7 days)
        ];
        field = bound(field, 0, 6);
        book.addCourtRules(with(field, high ? maxs[field] : mins[field]), heard(address(token), 1));
        if (!high && mins[field] == 0) return;
        uint32 beyond = high ? maxs[field] + 1 : mins[field] - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                ICourtRules.CourtRulesOutOfBounds.selector,
                bytes32(bytes(names[field])),
                beyond,
                mins[field],
                maxs[field]
            )
        );
        book.addCourtRules(with(field, beyond), heard(address(token), 1));
    }

    function test_add_refusesNoTokenAndMoreThan16() public {
        bytes4 refusal = ICourtRules.CourtRulesOutOfBounds.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("tokens"), 0, 1, 16));
        book.addCourtRules(ruleSet(), new ICourtRules.CourtToken[](0));
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("tokens"), 17, 1, 16));
        book.addCourtRules(ruleSet(), new ICourtRules.CourtToken[](17));
    }

    function test_add_refusesATokenWithoutCodeOrCostOrTwice() public {
        refusesTokens(heard(stranger, 1), stranger);
        refusesTokens(heard(address(token), 0), address(token));
        ICourtRules.CourtToken[] memory twice = new ICourtRules.CourtToken[](2);
        twice[0] = twice[1] = ICourtRules.CourtToken(address(token), 1);
        refusesTokens(twice, address(token));
        vm.assertEq(book.courtRulesCount(), 1);
    }

    function refusesTokens(ICourtRules.CourtToken[] memory tokens, address refused) private {
        vm.expectRevert(abi.encodeWithSelector(ICourtRules.CourtTokenInvalid.selector, refused));
        book.addCourtRules(ruleSet(), tokens);
    }

    function with(uint256 field, uint32 value) private pure returns (ICourtRules.CourtRuleSet memory rules) {
        rules = ruleSet();
        if (field == 0) rules.costBps = uint16(value);
        if (field == 1) rules.bandBps = uint16(value);
        if (field == 2) rules.responseWindow = value;
        if (field == 3) rules.drawWindow = value;
        if (field == 4) rules.commitWindow = value;
        if (field == 5) rules.revealWindow = value;
        if (field == 6) rules.appealWindow = value;
    }
}
