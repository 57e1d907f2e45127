// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../../../src/interfaces/IReputation.sol";
import {IWorkTypes} from "../../../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../../../src/reputation/Reputation.sol";
import {Base} from "../../utils/Base.sol";
import {ReputationHandler} from "./ReputationHandler.sol";

/// @notice What holds of reputation after any lawful history.
/// forge-config: default.invariant.runs = 32
contract ReputationInvariants is Base {
    ReputationHandler private handler;

    function setUp() public {
        handler = new ReputationHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), new bytes4[](5));
        targets[0].selectors[0] = ReputationHandler.work.selector;
        targets[0].selectors[1] = ReputationHandler.claimed.selector;
        targets[0].selectors[2] = ReputationHandler.renounced.selector;
        targets[0].selectors[3] = ReputationHandler.anchored.selector;
        targets[0].selectors[4] = ReputationHandler.pass.selector;
    }

    /// Nothing anchored is ever lost or altered, and the head is that of all of it in order.
    function invariant_batchesStayInOrder() external view {
        Reputation reputation = reputation_();
        bytes32 head;
        for (uint256 i = 0; i < handler.batches(); ++i) {
            ReputationHandler.Kept memory kept = handler.keptAt(i);
            head = keccak256(abi.encode(head, i + 1, kept.root, kept.count));
            IReputation.Batch memory batch = reputation.batchOf(i + 1);
            vm.assertEq(batch.root, kept.root);
            vm.assertEq(batch.count, kept.count);
            vm.assertEq(batch.anchoredAt, kept.anchoredAt);
            vm.assertTrue(reputation.verifyReview(i + 1, kept.index, kept.seal, kept.proof));
        }
        vm.assertEq(reputation.head(), head);
        vm.assertEq(reputation.lastBatch(), handler.batches());
    }

    /// A credential stands exactly where paid work ended and its talent wants it; the talent holds all of them.
    function invariant_credentialsAreOfPaidWorkAndTheTalents() external view {
        Reputation reputation = reputation_();
        uint256 held;
        for (uint256 i = 0; i < handler.works(); ++i) {
            IWorkTypes.Terms memory terms = handler.workAt(i);
            uint256 tokenId = uint256(keccak256(abi.encode(terms.talent, terms.nonce)));
            if (!handler.holds(tokenId)) continue;
            ++held;
            vm.assertTrue(handler.earned(tokenId));
            vm.assertEq(reputation.ownerOf(tokenId), terms.talent);
        }
        vm.assertEq(held, handler.held_());
        if (handler.works() > 0) vm.assertEq(reputation.balanceOf(handler.workAt(0).talent), held);
    }

    function reputation_() private view returns (Reputation) {
        return handler.reputationOf();
    }
}
