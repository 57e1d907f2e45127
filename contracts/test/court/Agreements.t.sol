// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BraintrustToken} from "../../src/BraintrustToken.sol";
import {PanelCourt} from "../../src/court/PanelCourt.sol";
import {ICourtRules} from "../../src/interfaces/ICourtRules.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "../utils/AgreementTest.sol";

/// @notice The law and the court that ships with it, together: the policy's rules, the escrow's claim, the court's ruling.
contract AgreementsAtCourtTest is AgreementTest {
    PanelCourt private panel;
    uint256 private rules;

    function setUp() public override {
        super.setUp();
        BraintrustToken btrst = new BraintrustToken(address(this));
        panel = new PanelCourt(btrst, 1000e18, policy, stranger);
        ICourtRules.CourtToken[] memory heard = new ICourtRules.CourtToken[](1);
        heard[0] = ICourtRules.CourtToken(address(token), 1e6);
        rules = policy.addCourtRules(ICourtRules.CourtRuleSet(500, 1000, 5 days, 1 days, 3 days, 2 days, 3 days), heard);
    }

    function test_dispute_reachesTheCourtAndItsRulingComesBack(bool concedes) public {
        IWorkTypes.Terms memory terms = atCourt();
        uint256 before = token.balanceOf(manager);
        fundAndSubmit(terms, PAY);
        dispute(terms, 0);
        bytes32 caseId = caseOf(terms, 0);
        vm.assertEq(token.balanceOf(address(panel)), PAY * 5 / 100);
        if (concedes) {
            vm.prank(talent);
            panel.concede(caseId);
        } else {
            vm.warp(NOW + 5 days + 1);
        }
        (bool isFinal, uint256 talentBps) = panel.ruling(caseId);
        vm.assertTrue(isFinal);
        vm.assertEq(talentBps, 2500);
        agreements.resolve(terms, 0);
        vm.assertEq(token.balanceOf(payout), PAY / 4);
        if (!concedes) panel.conclude(caseId);
        vm.assertEq(token.balanceOf(manager), before);
    }

    /// The case time that both sides sign is what the court says it may take.
    function test_caseTime_coversTheRules() public {
        IWorkTypes.Terms memory terms = atCourt();
        terms.caseTime -= 1;
        fundAndSubmit(terms, PAY);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.CaseTooLong.selector, panel.longest(rules), terms.caseTime));
        dispute(terms, 0);
    }

    function atCourt() private view returns (IWorkTypes.Terms memory terms) {
        terms = termsOf(1);
        (terms.court, terms.courtRules, terms.caseTime) = (address(panel), rules, uint32(panel.longest(rules)));
    }
}
