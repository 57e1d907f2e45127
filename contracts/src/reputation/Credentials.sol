// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";
import {IReputation} from "../interfaces/IReputation.sol";
import {IWorkTypes} from "../interfaces/IWorkTypes.sol";
import {StateLib} from "../libraries/StateLib.sol";
import {CredentialText} from "./CredentialText.sol";
import {Work} from "./Work.sol";

/// @title The soulbound credential of work that ended and was paid
/// @dev Minted without asking the receiver (ERC-721 asks for that in transfers only): a contract wallet that knows nothing
/// of tokens is as good a holder, and no foreign code runs.
abstract contract Credentials is Work, ERC721, IERC5192 {
    using StateLib for IWorkTypes.State;

    /// @dev Stays when the credential is renounced: the count must, and the rest would be the same again.
    struct Credential {
        bytes32 agreement;
        address employer;
        uint96 renouncements;
    }

    bytes32 private constant CLAIM = keccak256("Claim(bytes32 agreement,uint256 renouncements,uint256 expiry)");
    bytes32 private constant RENOUNCE = keccak256("Renounce(uint256 tokenId,uint256 renouncements,uint256 expiry)");

    mapping(uint256 tokenId => Credential) private _credentials;

    constructor() ERC721("Braintrust Work Credential", "BTWORK") {}

    // ------------------------------------------------------------------------------------------------- claim, renounce

    /// @inheritdoc IReputation
    function claim(IWorkTypes.Terms calldata terms) external returns (uint256 tokenId) {
        if (msg.sender != terms.talent) revert Unauthorized(msg.sender);
        return _claim(terms);
    }

    /// @inheritdoc IReputation
    function claimFor(IWorkTypes.Terms calldata terms, uint256 expiry, bytes calldata signature)
        external
        returns (uint256 tokenId)
    {
        if (block.timestamp > expiry) revert SignatureExpired(expiry);
        _requireSigned(terms.talent, hashClaim(terms, expiry), signature);
        return _claim(terms);
    }

    /// @inheritdoc IReputation
    function renounce(uint256 tokenId) external {
        if (msg.sender != ownerOf(tokenId)) revert Unauthorized(msg.sender);
        _renounce(tokenId);
    }

    /// @inheritdoc IReputation
    function renounceFor(uint256 tokenId, uint256 expiry, bytes calldata signature) external {
        if (block.timestamp > expiry) revert SignatureExpired(expiry);
        _requireSigned(ownerOf(tokenId), hashRenounce(tokenId, expiry), signature);
        _renounce(tokenId);
    }

    function _claim(IWorkTypes.Terms calldata terms) private returns (uint256 tokenId) {
        bytes32 agreement = AGREEMENTS.hashTerms(terms);
        IWorkTypes.State memory state = AGREEMENTS.stateOf(agreement);
        if (state.phase != IWorkTypes.Phase.Ended) revert NotEnded(agreement, state.phase);
        if (state.paidMilestones() == 0) revert NothingPaid(agreement);
        tokenId = uint256(_negotiation(terms));
        if (_ownerOf(tokenId) != address(0)) revert AlreadyClaimed(tokenId);

        Credential storage credential = _credentials[tokenId];
        (credential.agreement, credential.employer) = (agreement, terms.employer);
        emit CredentialClaimed(tokenId, terms.talent, terms.employer, agreement);
        emit Locked(tokenId);
        _mint(terms.talent, tokenId);
    }

    function _renounce(uint256 tokenId) private {
        uint96 renouncements = ++_credentials[tokenId].renouncements;
        emit CredentialRenounced(tokenId, ownerOf(tokenId), renouncements);
        _burn(tokenId);
    }

    // ------------------------------------------------------------------------------------------------- soulbound

    /// @notice Nobody is approved: reverts with Soulbound.
    function approve(address, uint256 tokenId) public pure override {
        revert Soulbound(tokenId);
    }

    /// @notice Nobody operates: reverts with OperatorsRefused.
    function setApprovalForAll(address operator, bool) public pure override {
        revert OperatorsRefused(operator);
    }

    /// @dev Every way of moving a token passes here; only a claim comes from nobody, only a renouncement goes to nobody.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        if (to != address(0) && _ownerOf(tokenId) != address(0)) revert Soulbound(tokenId);
        return super._update(to, tokenId, auth);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IReputation
    function hashClaim(IWorkTypes.Terms calldata terms, uint256 expiry) public view returns (bytes32 digest) {
        uint256 renouncements = _credentials[uint256(_negotiation(terms))].renouncements;
        return _hashTypedDataV4(keccak256(abi.encode(CLAIM, AGREEMENTS.hashTerms(terms), renouncements, expiry)));
    }

    /// @inheritdoc IReputation
    function hashRenounce(uint256 tokenId, uint256 expiry) public view returns (bytes32 digest) {
        uint256 renouncements = _credentials[tokenId].renouncements;
        return _hashTypedDataV4(keccak256(abi.encode(RENOUNCE, tokenId, renouncements, expiry)));
    }

    /// @inheritdoc IReputation
    function credentialOf(uint256 tokenId)
        external
        view
        returns (bytes32 agreement, address employer, uint256 renouncements)
    {
        Credential storage credential = _credentials[tokenId];
        return (credential.agreement, credential.employer, credential.renouncements);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @notice JSON (ERC-721 metadata) as a data URI, made of what this contract and the escrow know at the moment.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        address talent = _requireOwned(tokenId);
        Credential storage credential = _credentials[tokenId];
        IWorkTypes.State memory state = AGREEMENTS.stateOf(credential.agreement);
        return CredentialText.uri(
            CredentialText.Facts({
                escrow: address(AGREEMENTS),
                negotiation: tokenId,
                agreement: uint256(credential.agreement),
                employer: credential.employer,
                talent: talent,
                paid: state.paidMilestones(),
                closed: state.milestone,
                endedAt: state.since
            })
        );
    }

    /// @notice ERC-165: also of ERC-5192.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }
}
