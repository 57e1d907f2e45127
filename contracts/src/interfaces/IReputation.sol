// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "./IWorkAgreements.sol";
import {IWorkTypes} from "./IWorkTypes.sol";

/// @title What work leaves behind: sealed reviews, and a credential that cannot be sold
/// @notice Bound to one escrow for ever. There is no owner, no pause and no upgrade.
///
/// *Reviews.* A review is typed data (EIP-712) that a party of a closed milestone signs. Its digest, which the salt makes
/// unguessable, is its *seal*. Seals are gathered into batches, and the Merkle root of each batch is anchored here before
/// anybody opens a review. So nobody answers a review that it has read, and nothing anchored can be altered, replaced,
/// reordered or denied: whoever holds an opening (review, signature, batch, index, proof) proves it by `checkReview` and
/// `verifyReview`, though every server has lost or deleted it.
///
/// What this contract knows and what it cannot know:
/// - It knows of an opened review: that it is about an agreement of this escrow, that its reviewer is a party, that the
///   milestone is closed, that its numbers are in range, that the reviewer signed it, where it is anchored and since when.
/// - It cannot look into a root. That a batch holds reviews at all, that they were valid when they were anchored, and that
///   no side reviewed a milestone twice, verifiers check as reviews are opened: a seal that does not open to a valid review
///   counts nothing, and of several by one side about one milestone the first, by batch and index, counts.
/// - It cannot see when a review was signed or handed over, so it holds nobody to the 14 days of the seal, and cannot tell
///   that a review was refused a place. Who anchors can leave a review out; it cannot do so unseen by its author, who finds
///   no proof for the seal in any batch. What it cannot do is take back what is anchored.
/// - It does not know sums: readers weigh a review by the fees that the escrow's logs say were kept.
///
/// *Credentials.* One soulbound token (ERC-721, ERC-5192) per negotiation that Ended and paid the talent anything, claimed by
/// the talent. Its id is the negotiation's, which amendments do not change. It never moves. Nobody can burn it but its
/// holder, who may renounce it: what is shown in one's wallet is one's own choice. A renounced credential can be claimed
/// again, because the work stays done, and so nothing is lost by a mistake or to a thief.
interface IReputation {
    /// @notice What one party says of one closed milestone. Ratings go from 1 to 5.
    struct Review {
        address escrow; // the escrow that this contract is bound to
        bytes32 negotiation; // the negotiation's id there
        bytes32 agreement; // hash of the terms under which the milestone stands closed
        uint256 milestone; // its index, from 0
        address reviewer; // employer or manager of these terms, or their talent
        uint8 overall;
        uint8 quality; // of the work; by the talent: of what was asked for
        uint8 communication;
        uint8 punctuality; // of deliveries; by the talent: of answers
        uint8 fairness;
        uint8 again; // would work together again
        SkillRating[] skills; // at most 10 of the talent's skills; none by the talent
        bytes32 text; // keccak256 of the text, zero for none
        bytes32 salt; // 32 random bytes, new each time
    }

    /// @param skill its name, 1 to 200 bytes of UTF-8
    struct SkillRating {
        string skill;
        uint8 rating;
    }

    /// @param root Merkle root of the seals, as RFC 9162 builds it, with keccak256
    /// @param count number of seals
    /// @param anchoredAt second of the block
    struct Batch {
        bytes32 root;
        uint32 count;
        uint64 anchoredAt;
    }

    /// @notice A batch was anchored, for ever.
    /// @param batch its number, from 1 without gaps
    /// @param previous the head before, zero for the first
    /// @param head keccak256(abi.encode(previous, batch, root, count)): names the whole history
    event BatchAnchored(uint256 indexed batch, bytes32 indexed root, bytes32 previous, bytes32 head, uint256 count);
    /// @notice The talent of a negotiation that ended and paid took its credential.
    /// @param tokenId the negotiation's id
    /// @param agreement hash of the terms that ended
    event CredentialClaimed(
        uint256 indexed tokenId, address indexed talent, address indexed employer, bytes32 agreement
    );
    /// @notice The talent gave its credential up. It can claim it again.
    /// @param renouncements how often it has, with this time
    event CredentialRenounced(uint256 indexed tokenId, address indexed talent, uint256 renouncements);

    /// @notice There is no contract where the escrow should be.
    error AgreementsMissing(address agreements);
    /// @notice Nobody could anchor.
    error AnchorMissing();
    /// @notice The call belongs to somebody else.
    error Unauthorized(address caller);
    /// @notice Batches were anchored since, or not those that the caller believes in.
    error HeadMoved(bytes32 previous, bytes32 head);
    /// @notice A batch holds at least one seal, and its root is not zero.
    error BatchEmpty();
    /// @notice No such batch was anchored.
    error BatchUnknown(uint256 batch);
    /// @notice A field of the review is out of range or contradicts the terms; `field` is its name, e.g. "overall".
    error ReviewInvalid(bytes32 field);
    /// @notice The reviewer is neither employer, manager nor talent of these terms.
    error NotAParty(address reviewer);
    /// @notice The milestone has not been closed under these terms, or was never the current one.
    error MilestoneNotClosed(bytes32 agreement, uint256 milestone);
    /// @notice Neither the key nor the contract wallet (ERC-1271) of `signer` signed this for this contract and chain.
    error NotSigned(address signer);
    /// @notice The signature was good until `expiry`.
    error SignatureExpired(uint256 expiry);
    /// @notice The agreement goes on, was replaced by other terms, or never was.
    error NotEnded(bytes32 agreement, IWorkTypes.Phase phase);
    /// @notice The agreement ended and paid the talent nothing.
    error NothingPaid(bytes32 agreement);
    /// @notice The talent holds this credential.
    error AlreadyClaimed(uint256 tokenId);
    /// @notice A credential never moves, and nobody else can be trusted with it.
    error Soulbound(uint256 tokenId);
    /// @notice Nobody can be trusted with somebody's credentials.
    error OperatorsRefused(address operator);

    /// @notice The anchor: adds a batch behind the last one.
    /// @param previous the present `head`: a transaction that was lost, repeated or overtaken adds nothing
    /// @param root Merkle root of the seals in the batch
    /// @param count number of seals; no seal can be proven at an index beyond it
    /// @return batch number of the batch
    function anchor(bytes32 previous, bytes32 root, uint32 count) external returns (uint256 batch);
    /// @notice The only address that anchors.
    function ANCHOR() external view returns (address);
    /// @notice Names the whole history of batches; zero before the first.
    function head() external view returns (bytes32);
    /// @notice Number of the last batch; 0 before the first.
    function lastBatch() external view returns (uint256);
    /// @notice A batch; reverts with BatchUnknown.
    function batchOf(uint256 batch) external view returns (Batch memory);
    /// @notice Whether the review with this seal stands at `index` of the batch; reverts with BatchUnknown.
    /// @dev RFC 9162, 2.1.3.2: leaf = keccak256(0x00 ++ seal), node = keccak256(0x01 ++ left ++ right). The number of seals
    /// decides the shape of the tree, so a proof has exactly one length, and a node is never taken for a leaf.
    /// @param seal as hashReview
    /// @param proof hashes from the leaf's sibling upwards
    function verifyReview(uint256 batch, uint256 index, bytes32 seal, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice The review's seal: the EIP-712 digest in the domain ("Braintrust Reputation", "1"), which is what the reviewer
    /// signs: Review(address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,
    /// uint8 quality,uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,bytes32 text,
    /// bytes32 salt)SkillRating(string skill,uint8 rating)
    function hashReview(Review calldata review) external view returns (bytes32 seal);
    /// @notice Reverts unless `review` is one that a party of a closed milestone signed. A contract wallet is asked now.
    /// @param terms those that the review names by their hash; after an amendment the old ones do as well, for the
    /// milestones that were closed under them
    /// @param signature 65 bytes (r, s, v) with low s by the reviewer's key, or what its contract wallet accepts
    /// @return seal as hashReview
    function checkReview(IWorkTypes.Terms calldata terms, Review calldata review, bytes calldata signature)
        external
        view
        returns (bytes32 seal);

    /// @notice The talent: takes the credential of an agreement that Ended and paid something.
    /// @param terms those that ended
    /// @return tokenId the negotiation's id
    function claim(IWorkTypes.Terms calldata terms) external returns (uint256 tokenId);
    /// @notice Anyone, on the talent's signed word: the same. The talent needs no gas, and nobody else can be the holder.
    /// @param expiry last second in which the call may be made
    /// @param signature by the talent, of hashClaim
    function claimFor(IWorkTypes.Terms calldata terms, uint256 expiry, bytes calldata signature)
        external
        returns (uint256 tokenId);
    /// @notice The holder: gives the credential up.
    function renounce(uint256 tokenId) external;
    /// @notice Anyone, on the holder's signed word: the same.
    /// @param signature by the holder, of hashRenounce
    function renounceFor(uint256 tokenId, uint256 expiry, bytes calldata signature) external;
    /// @notice What the talent signs for claimFor: Claim(bytes32 agreement,uint256 renouncements,uint256 expiry). The count
    /// makes the signature good for one claim.
    function hashClaim(IWorkTypes.Terms calldata terms, uint256 expiry) external view returns (bytes32 digest);
    /// @notice What the holder signs for renounceFor: Renounce(uint256 tokenId,uint256 renouncements,uint256 expiry).
    function hashRenounce(uint256 tokenId, uint256 expiry) external view returns (bytes32 digest);
    /// @notice What a credential is about; all zero for one never claimed.
    /// @return agreement hash of the terms that ended
    /// @return employer who paid
    /// @return renouncements how often it was given up
    function credentialOf(uint256 tokenId)
        external
        view
        returns (bytes32 agreement, address employer, uint256 renouncements);
    /// @notice The escrow whose work this is about.
    function AGREEMENTS() external view returns (IWorkAgreements);
}
