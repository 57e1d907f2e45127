// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";

/// @notice Extending, asking to cancel, keeping, asking for changes: what happens to an open milestone and moves no money.
contract WorkingTest is AgreementTest {
    uint256 private constant ANSWER = 7 days;

    // ------------------------------------------------------------------------------------------------- extend

    function test_extend_startsTheWorkTimeAnew(uint256 later, bool byManager) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        vm.warp(NOW + bound(later, 0, 1000 days));
        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneExtended(negotiation(), employer, talent, agreement, 0);
        accepts(byManager ? manager : employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)));
        assertState(agreement, IWorkTypes.Phase.Funded, 0, 1);
        vm.warp(block.timestamp + WORK);
        submit(terms, 0, PAY);
    }

    function test_extend_givesTheReworkTimeDuringRework() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        requestChanges(terms, 0);
        vm.warp(NOW + REWORK);
        accepts(employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)));
        vm.warp(NOW + 2 * REWORK + 1);
        refuses(talent, submitCall(terms), tooLate(NOW + 2 * REWORK));
    }

    function test_extend_refusesOthers(address caller) public {
        if (caller == employer || caller == manager) caller = talent;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        refuses(caller, abi.encodeCall(IWorkAgreements.extend, (terms, 0)), unauthorized(caller));
    }

    function test_extend_refusesADelivery() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fundAndSubmit(terms, PAY);
        bytes memory refusal = wrongPhase(agreement, IWorkTypes.Phase.Submitted);
        refuses(employer, abi.encodeCall(IWorkAgreements.extend, (terms, 0)), refusal);
    }

    // ------------------------------------------------------------------------------------------------- cancel

    function test_askToCancel_opensReclaimWhenNobodyAnswers(uint256 asked) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        terms.workTimes[0] = 365 days;
        bytes32 agreement = fund(terms, 2);
        asked = NOW + bound(asked, 0, 300 days);
        vm.warp(asked);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.CancelAsked(negotiation(), employer, talent, agreement, 0, asked + ANSWER);
        ask(terms);
        vm.assertEq(agreements.stateOf(agreement).since, NOW);

        vm.warp(asked + ANSWER);
        refuses(employer, reclaimCall(terms), tooEarly(asked + ANSWER));
        vm.warp(asked + ANSWER + 1);
        refuses(stranger, reclaimCall(terms), tooEarly(asked + ANSWER + REVIEW));
        refuses(talent, submitCall(terms), tooLate(asked + ANSWER));
        refuses(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), tooLate(asked + ANSWER));
        accepts(employer, reclaimCall(terms));
        assertState(agreement, IWorkTypes.Phase.Ended, 0, 2);
        vm.assertEq(held(), 0);
    }

    function test_askToCancel_openForAnyoneOneReviewWindowLater() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.workTimes[0] = 365 days;
        fund(terms, 1);
        ask(terms);
        vm.warp(NOW + ANSWER + REVIEW);
        refuses(stranger, reclaimCall(terms), tooEarly(NOW + ANSWER + REVIEW));
        vm.warp(NOW + ANSWER + REVIEW + 1);
        accepts(stranger, reclaimCall(terms));
    }

    /// Asking late gives the talent no more time than the work time.
    function test_askToCancel_neverLengthensTheWorkTime() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.warp(NOW + WORK - 1);
        ask(terms);
        vm.warp(NOW + WORK + 1);
        refuses(talent, submitCall(terms), tooLate(NOW + WORK));
        refuses(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), tooLate(NOW + WORK));
        accepts(employer, reclaimCall(terms));
    }

    function test_keep_goesOnAsIfNobodyHadAsked(uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        ask(terms);
        vm.warp(NOW + bound(later, 0, ANSWER));
        vm.expectEmit(address(agreements));
        emit IWorkTypes.MilestoneKept(negotiation(), employer, talent, agreement, 0);
        accepts(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        vm.warp(NOW + WORK);
        refuses(employer, reclaimCall(terms), tooEarly(NOW + WORK));
        submit(terms, 0, PAY);
    }

    function test_submit_answersARequestToCancel() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        ask(terms);
        vm.warp(NOW + ANSWER);
        submit(terms, 0, PAY);
        vm.assertEq(agreements.stateOf(agreement).deadline, 0);
        requestChanges(terms, 0);
        vm.warp(NOW + ANSWER + REWORK);
        refuses(employer, reclaimCall(terms), tooEarly(NOW + ANSWER + REWORK));
        submit(terms, 0, PAY);
    }

    function test_askToCancel_onlyOncePerMilestone(bool answered) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 2);
        ask(terms);
        if (answered) accepts(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        refuses(
            employer,
            abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)),
            abi.encodeWithSelector(IWorkTypes.CancelSpent.selector, agreement, 0)
        );
        release(terms, 0, PAY);
        accepts(employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 1)));
    }

    function test_askToCancel_refusesOthers(address caller) public {
        if (caller == employer) caller = manager;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        refuses(caller, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)), unauthorized(caller));
    }

    function test_keep_refusesWhenNobodyAsked() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        bytes memory refusal = abi.encodeWithSelector(IWorkTypes.NothingToKeep.selector, agreement, 0);
        refuses(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), refusal);
        ask(terms);
        accepts(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)));
        refuses(talent, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), refusal);
    }

    function test_keep_refusesOthers(address caller) public {
        if (caller == talent) caller = employer;
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        ask(terms);
        refuses(caller, abi.encodeCall(IWorkAgreements.keep, (terms, 0)), unauthorized(caller));
    }

    // ------------------------------------------------------------------------------------------------- changes

    function test_requestChanges_opensTheReworkTime(uint256 claimed, uint256 later) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        claimed = bound(claimed, 1, PAY);
        bytes32 agreement = fundAndSubmit(terms, claimed);
        uint256 second = NOW + bound(later, 0, REVIEW);
        vm.warp(second);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.ChangesRequested(negotiation(), employer, talent, agreement, 0, 1, REASONS);
        requestChanges(terms, 0);
        assertState(agreement, IWorkTypes.Phase.Funded, 0, 1);
        vm.assertEq(agreements.stateOf(agreement).claimed, 0);

        vm.warp(second + REWORK + 1);
        refuses(talent, submitCall(terms), tooLate(second + REWORK));
        vm.warp(second + REWORK);
        submit(terms, 0, claimed);
    }

    function test_requestChanges_refusesAfterTheReviewWindow() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        vm.warp(NOW + REVIEW + 1);
        refuses(manager, changesCall(terms), tooLate(NOW + REVIEW));
        vm.warp(NOW + REVIEW);
        accepts(manager, changesCall(terms));
    }

    function test_requestChanges_onlyAsOftenAsAgreed(uint8 revisionsMax) public {
        IWorkTypes.Terms memory terms = termsOf(2);
        terms.revisionsMax = uint8(bound(revisionsMax, 0, 7));
        bytes32 agreement = fundAndSubmit(terms, PAY);
        for (uint256 i = 0; i < terms.revisionsMax; ++i) {
            requestChanges(terms, 0);
            submit(terms, 0, PAY);
        }
        refuses(
            manager,
            changesCall(terms),
            abi.encodeWithSelector(IWorkTypes.RevisionsSpent.selector, agreement, terms.revisionsMax)
        );
        release(terms, 0, PAY);
        vm.assertEq(agreements.stateOf(agreement).revisions, 0);
    }

    function test_requestChanges_refusesOthers(address caller) public {
        if (caller == manager) caller = employer;
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY);
        refuses(caller, changesCall(terms), unauthorized(caller));
    }

    function test_requestChanges_refusesBeforeADelivery() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        refuses(manager, changesCall(terms), wrongPhase(agreement, IWorkTypes.Phase.Funded));
    }

    function ask(IWorkTypes.Terms memory terms) private {
        accepts(terms.employer, abi.encodeCall(IWorkAgreements.askToCancel, (terms, 0)));
    }

    function negotiation() private view returns (bytes32) {
        return agreements.negotiationOf(talent, 7);
    }

    function submitCall(IWorkTypes.Terms memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.submit, (terms, 0, PAY, EVIDENCE));
    }

    function reclaimCall(IWorkTypes.Terms memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.reclaim, (terms, 0));
    }

    function changesCall(IWorkTypes.Terms memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IWorkAgreements.requestChanges, (terms, 0, REASONS));
    }
}
