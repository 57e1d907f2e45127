// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy} from "../../src/Policy.sol";
import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {IPolicy} from "../../src/interfaces/IPolicy.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {Base} from "../utils/Base.sol";
import {ReentrantBook} from "../utils/Tokens.sol";
import {Handler} from "./Handler.sol";
import {Ledger} from "./Ledger.sol";

/// @notice The law's properties over any lawful history. The ledger itself refuses a second agreement on a nonce, a
/// split that does not add up, a fee serial with a gap, and an amendment that breaks the chain.
contract WorkAgreementsInvariants is Base {
    WorkAgreements private agreements;
    Handler private handler;
    Ledger private ledger;

    function setUp() public {
        vm.warp(1_800_000_000);
        IPolicy.Parameters memory parameters =
            IPolicy.Parameters(address(1), 1500, 3 days, 90 days, 3 days, 30 days, 0, address(0));
        Policy policy =
            new Policy(address(this), parameters, new IPolicy.PaymentToken[](0), new IPolicy.OfficialAddress[](0));
        agreements = new WorkAgreements(policy);
        handler = new Handler(agreements);
        ledger = handler.ledger();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// 1. in = paid + refunded + fees + held, and the escrow's balance is held + fees + credits not yet taken.
    function invariant_conservation() external view {
        for (uint256 i = 0; i < 2; ++i) {
            ReentrantBook token = handler.tokenAt(i);
            Ledger.Sums memory sums = ledger.sumsOf(address(token));
            uint256 held;
            for (uint256 j = 0; j < ledger.size(); ++j) {
                bytes32 agreement = ledger.agreementAt(j);
                if (ledger.termsOf(agreement).token == address(token)) held += ledger.heldBy(agreement);
            }
            (uint256 fees, uint256 lastSerial) = agreements.feesOf(address(token));
            vm.assertEq(sums.paidIn, sums.paid + sums.refunded + sums.fees + held);
            vm.assertEq(sums.fees - sums.shared - sums.feesSwept, fees);
            vm.assertEq(sums.lastSerial, lastSerial);
            vm.assertEq(token.balanceOf(address(agreements)), held + fees + sums.credited - sums.withdrawn);
            vm.assertEq(received(token), sums.feesSwept);
        }
    }

    function received(ReentrantBook token) private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.FEE_RECEIVERS(); ++i) {
            sum += token.balanceOf(handler.feeReceiverAt(i));
        }
    }

    /// 2. From here, time and a stranger alone bring what is held to nothing within the printed bound, whatever the
    /// court is at the moment. A stranger who comes late moves the bound by as much.
    function invariant_noStuckState() external {
        if (ledger.size() == 0) return;
        bytes32 agreement = ledger.agreementAt(uint256(keccak256(abi.encode(block.timestamp))) % ledger.size());
        uint256 snapshot = vm.snapshotState();
        IWorkTypes.Terms memory terms = ledger.termsOf(agreement);
        IWorkTypes.State memory state = agreements.stateOf(agreement);
        uint256 exitBound = agreements.exitBound(terms);
        vm.assertEq(exitBound == 0, ledger.heldBy(agreement) == 0);
        if (exitBound > 0) {
            uint256 opens = handler.opensAfter(terms, state);
            uint256 late = block.timestamp > opens ? block.timestamp - opens : 0;
            vm.assertLe(handler.emptyByTime(agreement), exitBound + late);
            vm.assertEq(ledger.heldBy(agreement), 0);
            vm.assertEq(agreements.exitBound(terms), 0);
        }
        vm.revertToState(snapshot);
    }

    /// At the end of every run time and a stranger empty all agreements, one after the other: what stays is fees and
    /// credits, to the base unit. INVARIANT_REPORT names a file for the longest exit bound that stood then, in seconds.
    function afterInvariant() external {
        uint256 longest;
        for (uint256 i = 0; i < ledger.size(); ++i) {
            uint256 exitBound = agreements.exitBound(ledger.termsOf(ledger.agreementAt(i)));
            if (exitBound > block.timestamp + longest) longest = exitBound - block.timestamp;
        }
        for (uint256 i = 0; i < ledger.size(); ++i) {
            handler.emptyByTime(ledger.agreementAt(i));
        }
        for (uint256 i = 0; i < 2; ++i) {
            ReentrantBook token = handler.tokenAt(i);
            Ledger.Sums memory sums = ledger.sumsOf(address(token));
            (uint256 fees,) = agreements.feesOf(address(token));
            vm.assertEq(sums.paidIn, sums.paid + sums.refunded + sums.fees);
            vm.assertEq(token.balanceOf(address(agreements)), fees + sums.credited - sums.withdrawn);
        }
        string memory report = vm.envOr("INVARIANT_REPORT", string(""));
        if (bytes(report).length > 0) {
            vm.writeLine(report, string.concat(vm.toString(ledger.size()), " ", vm.toString(longest)));
        }
    }

    /// State can be replayed from logs alone.
    function invariant_logsTellTheState() external view {
        for (uint256 i = 0; i < ledger.size(); ++i) {
            assertTold(ledger.agreementAt(i));
        }
        bytes32[] memory replaced = ledger.replaced();
        for (uint256 i = 0; i < replaced.length; ++i) {
            assertTold(replaced[i]);
            vm.assertEq(agreements.amendedTo(replaced[i]), ledger.amendedTo(replaced[i]));
        }
    }

    /// Credits are what the logs say they are, party by party.
    function invariant_creditsAreTold() external view {
        for (uint256 i = 0; i < 6; ++i) {
            address token = address(handler.tokenAt(i));
            assertCredit(vm.addr(handler.talentKey(i)), token);
            assertCredit(handler.employerAt(i), token);
            assertCredit(handler.originAt(i), token);
        }
    }

    /// No token and no court ever came back in while the lock was closed.
    function invariant_nobodyReenters() external view {
        vm.assertTrue(!handler.tokenAt(0).succeeded() && !handler.tokenAt(1).succeeded());
        vm.assertTrue(!handler.court().succeeded());
    }

    function assertTold(bytes32 agreement) private view {
        vm.assertEq(
            keccak256(abi.encode(ledger.stateOf(agreement))), keccak256(abi.encode(agreements.stateOf(agreement)))
        );
    }

    function assertCredit(address party, address token) private view {
        (uint256 amount,) = agreements.creditOf(party, token);
        vm.assertEq(amount, ledger.creditOf(party, token));
    }

    /// The properties above are worth as much as the handler reaches: here it reaches everything.
    function test_handler_reachesEveryEvent() external {
        bytes4[30] memory actions = [
            handler.fund.selector,
            handler.fundMore.selector,
            handler.tip.selector,
            handler.submit.selector,
            handler.extend.selector,
            handler.askToCancel.selector,
            handler.keep.selector,
            handler.requestChanges.selector,
            handler.dispute.selector,
            handler.release.selector,
            handler.releaseMany.selector,
            handler.refund.selector,
            handler.agree.selector,
            handler.silence.selector,
            handler.resolveRuled.selector,
            handler.reclaimAsEmployer.selector,
            handler.amend.selector,
            handler.end.selector,
            handler.movePayout.selector,
            handler.cancelPayoutMove.selector,
            handler.burnNonce.selector,
            handler.withdraw.selector,
            handler.withdrawAsOrigin.selector,
            handler.sweepFees.selector,
            handler.publish.selector,
            handler.stopEntry.selector,
            handler.refuse.selector,
            handler.armToken.selector,
            handler.courtBecomes.selector,
            handler.wait.selector
        ];
        for (uint256 i = 0; i < 3000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            // Behind the seed only words that every type takes: 0 and 1.
            bytes memory words = abi.encode(seed, (seed >> 20) % 2, (seed >> 21) % 2, (seed >> 22) % 2);
            (bool done,) = address(handler).call(bytes.concat(actions[(seed >> 100) % actions.length], words));
            vm.assertTrue(done, vm.toString(i));
        }
        bytes32[20] memory kinds = [
            IWorkTypes.AgreementFunded.selector,
            IWorkTypes.MilestonesFunded.selector,
            IWorkTypes.Tipped.selector,
            IWorkTypes.MilestoneSubmitted.selector,
            IWorkTypes.MilestoneExtended.selector,
            IWorkTypes.CancelAsked.selector,
            IWorkTypes.MilestoneKept.selector,
            IWorkTypes.ChangesRequested.selector,
            IWorkTypes.MilestoneDisputed.selector,
            IWorkTypes.MilestoneClosed.selector,
            IWorkTypes.AgreementReclaimed.selector,
            IWorkTypes.AgreementEnded.selector,
            IWorkTypes.AgreementAmended.selector,
            IWorkTypes.PayoutMoveAsked.selector,
            IWorkTypes.PayoutMoveCancelled.selector,
            IWorkTypes.PaymentCredited.selector,
            IWorkTypes.FeeShared.selector,
            IWorkTypes.CreditWithdrawn.selector,
            IWorkTypes.FeesSwept.selector,
            IWorkTypes.NonceBurned.selector
        ];
        for (uint256 i = 0; i < kinds.length; ++i) {
            vm.assertTrue(ledger.seen(kinds[i]) > 0, vm.toString(kinds[i]));
        }
    }
}
