// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputation} from "../../../src/interfaces/IReputation.sol";
import {IWorkAgreements} from "../../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../../src/interfaces/IWorkTypes.sol";
import {Reputation} from "../../../src/reputation/Reputation.sol";
import {TypedData} from "../../utils/TypedData.sol";

/// @notice The reputation of one escrow, agreements that ended in every way, and reviews of them.
abstract contract ReputationTest is TypedData {
    uint256 internal constant EXPIRY = NOW + 1000 days;

    address internal immutable anchorer = address(0xA2C);
    Reputation internal reputation;

    function setUp() public virtual override {
        super.setUp();
        reputation = another();
    }

    /// @dev A second one, like the first.
    function another() internal returns (Reputation) {
        return Reputation(deploy("Reputation", type(Reputation).creationCode, abi.encode(agreements, anchorer)));
    }

    // ------------------------------------------------------------------------------------------------- work

    function negotiationOf(IWorkTypes.Terms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms.talent, terms.nonce));
    }

    function tokenOf(IWorkTypes.Terms memory terms) internal pure returns (uint256) {
        return uint256(negotiationOf(terms));
    }

    /// @dev One milestone, funded, paid in full and so Ended.
    function worked() internal returns (IWorkTypes.Terms memory terms, bytes32 agreement) {
        terms = termsOf(1);
        agreement = fund(terms, 1);
        release(terms, 0, PAY);
    }

    /// @dev The same terms with other documents, by the word of both.
    function amend(IWorkTypes.Terms memory terms) internal returns (IWorkTypes.Terms memory next) {
        next = abi.decode(abi.encode(terms), (IWorkTypes.Terms));
        (next.previous, next.documents) = (agreements.hashTerms(terms), keccak256("other text"));
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.amend, (terms, next, 0, ""));
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, EXPIRY, unsigned));
        accepts(employer, abi.encodeCall(IWorkAgreements.amend, (terms, next, EXPIRY, consent)));
    }

    // ------------------------------------------------------------------------------------------------- reviews

    /// @dev The employer's review of the first milestone, good in every field.
    function reviewOf(IWorkTypes.Terms memory terms) internal view returns (IReputation.Review memory review) {
        review.escrow = address(agreements);
        review.negotiation = negotiationOf(terms);
        review.agreement = agreements.hashTerms(terms);
        review.reviewer = terms.employer;
        (review.overall, review.quality, review.communication) = (5, 4, 3);
        (review.punctuality, review.fairness, review.again) = (2, 1, 5);
        review.skills = new IReputation.SkillRating[](2);
        review.skills[0] = IReputation.SkillRating("solidity", 5);
        review.skills[1] = IReputation.SkillRating("c#", 4);
        review.text = keccak256("Good work.");
        review.salt = keccak256("salt");
    }

    /// @dev `count` seals that no review has.
    function seals(uint256 count, uint256 seed) internal pure returns (bytes32[] memory entries) {
        entries = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            entries[i] = keccak256(abi.encode(seed, i));
        }
    }

    function anchor(bytes32 root, uint32 count) internal returns (uint256 batch) {
        bytes32 previous = reputation.head();
        vm.prank(anchorer);
        return reputation.anchor(previous, root, count);
    }

    // ------------------------------------------------------------------------------------------------- calls

    function tells(address caller, bytes memory data) internal returns (bytes memory answer) {
        bool done;
        vm.prank(caller);
        (done, answer) = address(reputation).call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    function refused(address caller, bytes memory data, bytes memory refusal) internal {
        vm.prank(caller);
        (bool done, bytes memory answer) = address(reputation).call(data);
        vm.assertTrue(!done, "accepted");
        vm.assertEq(keccak256(answer), keccak256(refusal));
    }

    function claim(IWorkTypes.Terms memory terms) internal returns (uint256 tokenId) {
        return abi.decode(tells(terms.talent, abi.encodeCall(IReputation.claim, (terms))), (uint256));
    }

    function refusesClaim(IWorkTypes.Terms memory terms, bytes memory refusal) internal {
        refused(terms.talent, abi.encodeCall(IReputation.claim, (terms)), refusal);
    }

    function notEnded(bytes32 agreement, IWorkTypes.Phase phase) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.NotEnded.selector, agreement, phase);
    }

    function notSigned(address signer) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.NotSigned.selector, signer);
    }

    function noRight(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.Unauthorized.selector, caller);
    }

    /// @dev The EIP-712 document of a form of this contract.
    function formOf(string memory name, string memory types, string memory values)
        internal
        view
        returns (string memory text)
    {
        text = string.concat(
            '{"types":{"EIP712Domain":[',
            fieldList("string name,string version,uint256 chainId,address verifyingContract"),
            "],",
            types,
            '},"primaryType":',
            quoted(name)
        );
        text = string.concat(text, ',"domain":{"name":"Braintrust Reputation","version":"1","chainId":');
        text = string.concat(text, vm.toString(block.chainid), ',"verifyingContract":');
        return string.concat(text, quoted(vm.toString(address(reputation))), '},"message":{', values, "}}");
    }
}
