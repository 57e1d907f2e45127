// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC5192} from "../../src/interfaces/IERC5192.sol";
import {IReputation} from "../../src/interfaces/IReputation.sol";
import {IWorkAgreements} from "../../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {WorkAgreements} from "../../src/WorkAgreements.sol";
import {Wallet} from "../utils/Wallets.sol";
import {ReputationTest} from "./utils/ReputationTest.sol";

interface Encoding {
    function toBase64(string calldata data) external pure returns (string memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
}

/// @notice The soulbound credential: of work that Ended and paid, the talent's, and never anybody else's.
contract CredentialsTest is ReputationTest {
    function test_claim_givesTheTalentOneLockedCredential() public {
        (IWorkTypes.Terms memory terms, bytes32 agreement) = worked();
        uint256 tokenId = tokenOf(terms);
        vm.expectEmit(address(reputation));
        emit IReputation.CredentialClaimed(tokenId, talent, employer, agreement);
        vm.expectEmit(address(reputation));
        emit IERC5192.Locked(tokenId);
        vm.expectEmit(address(reputation));
        emit IERC721.Transfer(address(0), talent, tokenId);
        vm.assertEq(claim(terms), tokenId);

        vm.assertEq(reputation.ownerOf(tokenId), talent);
        vm.assertEq(reputation.balanceOf(talent), 1);
        vm.assertTrue(reputation.locked(tokenId));
        (bytes32 about, address paidBy, uint256 renouncements) = reputation.credentialOf(tokenId);
        vm.assertEq(about, agreement);
        vm.assertEq(paidBy, employer);
        vm.assertEq(renouncements, 0);
    }

    /// Whatever way the pay came, one base unit of it is enough.
    function test_claim_everyClosingThatPaysCounts(uint256 way, uint256 pay) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        way = bound(way, 0, 4);
        pay = bound(pay, 1, PAY);
        if (way == 0) release(terms, 0, pay);
        else if (way == 1) closeByAgreement(terms, 1 + pay % 10_000);
        else submit(terms, 0, pay);
        if (way >= 3) dispute(terms, 0);
        if (way == 3) court.rule(caseOf(terms, 0), 10_000);
        vm.warp(NOW + CASE + REVIEW + 1);
        if (way == 2) agreements.settle(terms, 0);
        else if (way >= 3) agreements.resolve(terms, 0);
        // The fallback pays half of the claim, rounded down.
        if (way == 4 && pay == 1) return refusesClaim(terms, nothingPaid(terms));
        claim(terms);
    }

    function test_claim_refusesWorkThatPaidNothing() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, PAY)));
        refund(terms, 0);
        refusesClaim(terms, nothingPaid(terms));

        terms.nonce = 8;
        fund(terms, 1);
        closeByAgreement(terms, 0);
        refusesClaim(terms, nothingPaid(terms));

        terms.nonce = 9;
        fundAndSubmit(terms, PAY);
        dispute(terms, 0);
        court.rule(caseOf(terms, 0), 0);
        agreements.resolve(terms, 0);
        refusesClaim(terms, nothingPaid(terms));

        terms.nonce = 10;
        fund(terms, 1);
        vm.warp(NOW + WORK + 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, 0)));
        refusesClaim(terms, nothingPaid(terms));
    }

    function test_claim_onePaidMilestoneIsEnough() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 3);
        refund(terms, 0);
        release(terms, 1, 1);
        vm.warp(NOW + WORK + 1);
        accepts(employer, abi.encodeCall(IWorkAgreements.reclaim, (terms, 2)));
        claim(terms);
    }

    /// A payment that the token refused is a credit: it was paid all the same.
    function test_claim_creditedPayCounts() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.etch(address(token), "");
        release(terms, 0, PAY);
        vm.assertEq(credit(talent, address(token)), PAY);
        claim(terms);
    }

    function test_claim_waitsForTheEnd() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = agreements.hashTerms(terms);
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.None));
        fund(terms, 1);
        release(terms, 0, PAY);
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Idle));
        accepts(employer, abi.encodeCall(IWorkAgreements.fundMore, (terms, 1)));
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Funded));
        submit(terms, 1, PAY);
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Submitted));
        dispute(terms, 1);
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Disputed));
        refund(terms, 1);
        claim(terms);
    }

    function test_claim_isTheTalentsAlone(address caller) public {
        (IWorkTypes.Terms memory terms,) = worked();
        if (caller == talent) caller = stranger;
        bytes memory call = abi.encodeCall(IReputation.claim, (terms));
        refused(caller, call, noRight(caller));
        refused(employer, call, noRight(employer));
        refused(payout, call, noRight(payout));
        // Who names itself the talent names other terms, which never were.
        terms.talent = stranger;
        refusesClaim(terms, notEnded(agreements.hashTerms(terms), IWorkTypes.Phase.None));
    }

    // ------------------------------------------------------------------------------------------------- by signature

    function test_claimFor_anybodyBringsTheTalentsWord(address relayer) public {
        (IWorkTypes.Terms memory terms,) = worked();
        tells(relayer, claimCall(terms, TALENT_KEY, EXPIRY));
        vm.assertEq(reputation.ownerOf(tokenOf(terms)), talent);
    }

    function test_claimFor_andRenounceForAskContractWallets() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        terms.talent = address(new Wallet("secret"));
        vm.prank(employer);
        agreements.fund(terms, abi.encode(bytes32("secret")), 1);
        release(terms, 0, PAY);
        bytes memory guess = abi.encode(bytes32("guess"));
        refused(stranger, abi.encodeCall(IReputation.claimFor, (terms, EXPIRY, guess)), notSigned(terms.talent));
        uint256 tokenId = reputation.claimFor(terms, EXPIRY, abi.encode(bytes32("secret")));
        vm.assertEq(reputation.ownerOf(tokenId), terms.talent);
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, guess)), notSigned(terms.talent));
        reputation.renounceFor(tokenId, EXPIRY, abi.encode(bytes32("secret")));
        vm.assertEq(reputation.balanceOf(terms.talent), 0);
    }

    function test_signedCalls_endWithTheirExpiry() public {
        (IWorkTypes.Terms memory terms,) = worked();
        bytes memory late = abi.encodeWithSelector(IReputation.SignatureExpired.selector, NOW);
        bytes memory claiming = claimCall(terms, TALENT_KEY, NOW);
        vm.warp(NOW + 1);
        refused(stranger, claiming, late);
        vm.warp(NOW);
        tells(stranger, claiming);
        bytes memory renouncing = renounceCall(tokenOf(terms), TALENT_KEY, NOW);
        vm.warp(NOW + 1);
        refused(stranger, renouncing, late);
        vm.warp(NOW);
        tells(stranger, renouncing);
    }

    /// The forms are those of the interface's documentation, word for word.
    function test_hashClaim_andHashRenounceAreTypedDataHashes(uint256 expiry) public {
        (IWorkTypes.Terms memory terms, bytes32 agreement) = worked();
        string memory types = fieldList("bytes32 agreement,uint256 renouncements,uint256 expiry");
        string memory values = string.concat('"agreement":', quoted(vm.toString(agreement)), countsOf(0, expiry));
        string memory form = formOf("Claim", string.concat('"Claim":[', types, "]"), values);
        vm.assertEq(reputation.hashClaim(terms, expiry), vm.eip712HashTypedData(form));

        renounce(claim(terms));
        types = fieldList("uint256 tokenId,uint256 renouncements,uint256 expiry");
        values = string.concat('"tokenId":', quoted(vm.toString(tokenOf(terms))), countsOf(1, expiry));
        form = formOf("Renounce", string.concat('"Renounce":[', types, "]"), values);
        vm.assertEq(reputation.hashRenounce(tokenOf(terms), expiry), vm.eip712HashTypedData(form));
    }

    // ------------------------------------------------------------------------------------------------- renouncing

    function test_renounce_burnsAndCanBeUndone() public {
        (IWorkTypes.Terms memory terms,) = worked();
        uint256 tokenId = claim(terms);
        vm.expectEmit(address(reputation));
        emit IReputation.CredentialRenounced(tokenId, talent, 1);
        vm.expectEmit(address(reputation));
        emit IERC721.Transfer(talent, address(0), tokenId);
        renounce(tokenId);
        vm.assertEq(reputation.balanceOf(talent), 0);
        bytes memory unknown = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId);
        refused(stranger, abi.encodeCall(IERC721.ownerOf, (tokenId)), unknown);

        vm.assertEq(claim(terms), tokenId);
        tells(stranger, renounceCall(tokenId, TALENT_KEY, EXPIRY));
        (,, uint256 renouncements) = reputation.credentialOf(tokenId);
        vm.assertEq(renouncements, 2);
        tells(stranger, claimCall(terms, TALENT_KEY, EXPIRY));
        vm.assertEq(reputation.ownerOf(tokenId), talent);
    }

    function test_renounce_isTheHoldersAlone(address caller) public {
        (IWorkTypes.Terms memory terms,) = worked();
        uint256 tokenId = claim(terms);
        if (caller == talent) caller = employer;
        refused(caller, abi.encodeCall(IReputation.renounce, (tokenId)), noRight(caller));
        refused(stranger, renounceCall(tokenId, EMPLOYER_KEY, EXPIRY), notSigned(talent));
    }

    // ------------------------------------------------------------------------------------------------- soulbound

    function test_nothingMovesIt(address caller, address to) public {
        (IWorkTypes.Terms memory terms,) = worked();
        uint256 tokenId = claim(terms);
        if (to == address(0)) to = stranger;
        address[2] memory callers = [talent, caller];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory bound_ = soulbound(tokenId);
            refused(callers[i], abi.encodeCall(IERC721.transferFrom, (talent, to, tokenId)), bound_);
            refused(callers[i], abi.encodeCall(IERC721.transferFrom, (talent, talent, tokenId)), bound_);
            bytes4 plain = bytes4(keccak256("safeTransferFrom(address,address,uint256)"));
            refused(callers[i], abi.encodeWithSelector(plain, talent, to, tokenId), bound_);
            bytes4 withData = bytes4(keccak256("safeTransferFrom(address,address,uint256,bytes)"));
            refused(callers[i], abi.encodeWithSelector(withData, talent, to, tokenId, ""), bound_);
            refused(callers[i], abi.encodeCall(IERC721.approve, (to, tokenId)), bound_);
            bytes memory noOperator = abi.encodeWithSelector(IReputation.OperatorsRefused.selector, to);
            refused(callers[i], abi.encodeCall(IERC721.setApprovalForAll, (to, true)), noOperator);
            refused(callers[i], abi.encodeCall(IERC721.setApprovalForAll, (to, false)), noOperator);
        }
        vm.assertEq(reputation.ownerOf(tokenId), talent);
        vm.assertEq(reputation.getApproved(tokenId), address(0));
        vm.assertTrue(!reputation.isApprovedForAll(talent, to));
    }

    /// Nobody is sent to nowhere either: ERC-721's zero address is no way to burn.
    function test_nobodyBurnsItByATransfer() public {
        (IWorkTypes.Terms memory terms,) = worked();
        uint256 tokenId = claim(terms);
        bytes memory refusal = abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0));
        refused(talent, abi.encodeCall(IERC721.transferFrom, (talent, address(0), tokenId)), refusal);
    }

    function test_whatNobodyHoldsIsUnknown(uint256 tokenId) public {
        bytes memory unknown = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId);
        refused(stranger, abi.encodeCall(IERC5192.locked, (tokenId)), unknown);
        refused(stranger, abi.encodeCall(reputation.tokenURI, (tokenId)), unknown);
        refused(stranger, abi.encodeCall(IReputation.renounce, (tokenId)), unknown);
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, "")), unknown);
        refused(stranger, abi.encodeCall(IERC721.transferFrom, (talent, stranger, tokenId)), unknown);
        (bytes32 agreement, address paidBy,) = reputation.credentialOf(tokenId);
        vm.assertEq(agreement, 0);
        vm.assertEq(paidBy, address(0));
    }

    function test_supportsInterface_tellsItsStandards() public view {
        vm.assertTrue(reputation.supportsInterface(0x01ffc9a7)); // ERC-165
        vm.assertTrue(reputation.supportsInterface(0x80ac58cd)); // ERC-721
        vm.assertTrue(reputation.supportsInterface(0x5b5e139f)); // ERC-721 metadata
        vm.assertTrue(reputation.supportsInterface(0xb45a3c0e)); // ERC-5192
        vm.assertTrue(!reputation.supportsInterface(0xffffffff));
        vm.assertTrue(!reputation.supportsInterface(0x780e9d63)); // ERC-721 enumerable
    }

    function test_tokenURI_tellsTheWorkOnChain() public {
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 3);
        release(terms, 0, PAY);
        refund(terms, 1);
        vm.warp(NOW + 3 days);
        release(terms, 2, 1);
        uint256 tokenId = claim(terms);
        vm.warp(NOW + 400 days);
        string memory json = jsonOf(tokenId, agreement);
        vm.assertEq(encoding().parseJsonUint(json, ".attributes[6].value"), 2);
        vm.assertEq(encoding().parseJsonUint(json, ".attributes[8].value"), NOW + 3 days);
        vm.assertEq(
            keccak256(bytes(reputation.tokenURI(tokenId))),
            keccak256(bytes(string.concat("data:application/json;base64,", encoding().toBase64(json))))
        );
        vm.assertEq(keccak256(bytes(reputation.name())), keccak256("Braintrust Work Credential"));
        vm.assertEq(keccak256(bytes(reputation.symbol())), keccak256("BTWORK"));
    }

    // ------------------------------------------------------------------------------------------------- attacks

    function test_attack_oneCredentialPerNegotiation() public {
        (IWorkTypes.Terms memory terms,) = worked();
        uint256 tokenId = claim(terms);
        bytes memory again = abi.encodeWithSelector(IReputation.AlreadyClaimed.selector, tokenId);
        refusesClaim(terms, again);
        refused(stranger, claimCall(terms, TALENT_KEY, EXPIRY), again);
    }

    /// Old terms and new ones are one negotiation: the old never end, and the new ones' token has the same id.
    function test_attack_noSecondCredentialAfterAnAmendment() public {
        IWorkTypes.Terms memory terms = termsOf(2);
        bytes32 agreement = fund(terms, 1);
        release(terms, 0, PAY);
        IWorkTypes.Terms memory next = amend(terms);
        accepts(talent, abi.encodeCall(IWorkAgreements.end, (next, 1)));
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Amended));
        vm.assertEq(claim(next), tokenOf(terms));
        refusesClaim(terms, notEnded(agreement, IWorkTypes.Phase.Amended));
        refusesClaim(next, abi.encodeWithSelector(IReputation.AlreadyClaimed.selector, tokenOf(terms)));
        vm.assertEq(reputation.balanceOf(talent), 1);
    }

    function test_attack_aSignatureWorksOnce() public {
        (IWorkTypes.Terms memory terms,) = worked();
        bytes memory claiming = claimCall(terms, TALENT_KEY, EXPIRY);
        tells(stranger, claiming);
        bytes memory renouncing = renounceCall(tokenOf(terms), TALENT_KEY, EXPIRY);
        tells(stranger, renouncing);
        // What the talent gave up is not forced upon it by its old word, nor taken again once it changed its mind.
        refused(stranger, claiming, notSigned(talent));
        claim(terms);
        refused(stranger, renouncing, notSigned(talent));
    }

    function test_attack_aSignatureIsForOneChainAndContract() public {
        (IWorkTypes.Terms memory terms,) = worked();
        bytes memory signature = signedBy(TALENT_KEY, another().hashClaim(terms, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.claimFor, (terms, EXPIRY, signature)), notSigned(talent));
        bytes memory claiming = claimCall(terms, TALENT_KEY, EXPIRY);
        uint256 tokenId = tokenOf(terms);
        vm.chainId(31_338);
        refused(stranger, claiming, notSigned(talent));
        vm.chainId(31_337);
        tells(stranger, claiming);

        signature = signedBy(TALENT_KEY, another().hashRenounce(tokenId, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, signature)), notSigned(talent));
        bytes memory renouncing = renounceCall(tokenId, TALENT_KEY, EXPIRY);
        vm.chainId(31_338);
        refused(stranger, renouncing, notSigned(talent));
    }

    /// One's word on work and expiry is one's word on these, and a claim's is no renouncement's.
    function test_attack_aSignatureCannotBeBent(uint256 expiry) public {
        (IWorkTypes.Terms memory terms,) = worked();
        expiry = bound(expiry, NOW, type(uint256).max);
        if (expiry == EXPIRY) ++expiry;
        bytes memory signature = signedBy(TALENT_KEY, reputation.hashClaim(terms, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.claimFor, (terms, expiry, signature)), notSigned(talent));
        refused(stranger, claimCall(terms, EMPLOYER_KEY, EXPIRY), notSigned(talent));
        IWorkTypes.Terms memory other = termsOf(1);
        other.nonce = 8;
        fund(other, 1);
        release(other, 0, PAY);
        refused(stranger, abi.encodeCall(IReputation.claimFor, (other, EXPIRY, signature)), notSigned(talent));

        uint256 tokenId = claim(terms);
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, signature)), notSigned(talent));
        signature = signedBy(TALENT_KEY, reputation.hashRenounce(tokenId, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, expiry, signature)), notSigned(talent));
        tokenId = claim(other);
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, signature)), notSigned(talent));
    }

    /// Every signature has a twin with the other sign, which the curve takes as well; here it is nobody's.
    function test_attack_aSignatureHasNoTwin() public {
        (IWorkTypes.Terms memory terms,) = worked();
        bytes memory twin = twinOf(TALENT_KEY, reputation.hashClaim(terms, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.claimFor, (terms, EXPIRY, twin)), notSigned(talent));
        uint256 tokenId = claim(terms);
        twin = twinOf(TALENT_KEY, reputation.hashRenounce(tokenId, EXPIRY));
        refused(stranger, abi.encodeCall(IReputation.renounceFor, (tokenId, EXPIRY, twin)), notSigned(talent));
    }

    /// Work of another escrow, where everything can be arranged, is unknown here.
    function test_attack_workOfAnotherEscrowIsNone() public {
        WorkAgreements mine = agreements;
        agreements = WorkAgreements(deploy("WorkAgreements", type(WorkAgreements).creationCode, abi.encode(policy)));
        vm.prank(employer);
        token.approve(address(agreements), type(uint256).max);
        (IWorkTypes.Terms memory terms, bytes32 elsewhere) = worked();
        bytes32 here = mine.hashTerms(terms);
        vm.assertTrue(here != elsewhere);
        refusesClaim(terms, notEnded(here, IWorkTypes.Phase.None));
    }

    // ------------------------------------------------------------------------------------------------- helpers

    function closeByAgreement(IWorkTypes.Terms memory terms, uint256 talentBps) private {
        bytes memory unsigned = abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, 0, ""));
        bytes memory consent = signedBy(TALENT_KEY, agreements.hashCall(talent, EXPIRY, unsigned));
        accepts(employer, abi.encodeCall(IWorkAgreements.agree, (terms, 0, talentBps, EXPIRY, consent)));
    }

    function renounce(uint256 tokenId) private {
        tells(talent, abi.encodeCall(IReputation.renounce, (tokenId)));
    }

    function claimCall(IWorkTypes.Terms memory terms, uint256 key, uint256 expiry) private view returns (bytes memory) {
        bytes memory signature = signedBy(key, reputation.hashClaim(terms, expiry));
        return abi.encodeCall(IReputation.claimFor, (terms, expiry, signature));
    }

    function renounceCall(uint256 tokenId, uint256 key, uint256 expiry) private view returns (bytes memory) {
        bytes memory signature = signedBy(key, reputation.hashRenounce(tokenId, expiry));
        return abi.encodeCall(IReputation.renounceFor, (tokenId, expiry, signature));
    }

    function nothingPaid(IWorkTypes.Terms memory terms) private view returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.NothingPaid.selector, agreements.hashTerms(terms));
    }

    function soulbound(uint256 tokenId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IReputation.Soulbound.selector, tokenId);
    }

    function countsOf(uint256 renouncements, uint256 expiry) private pure returns (string memory) {
        return string.concat(
            ',"renouncements":', quoted(vm.toString(renouncements)), ',"expiry":', quoted(vm.toString(expiry))
        );
    }

    function encoding() private pure returns (Encoding) {
        return Encoding(address(vm));
    }

    /// @dev Two of three milestones paid, the end on the third day.
    function jsonOf(uint256 tokenId, bytes32 agreement) private view returns (string memory text) {
        text = '{"name":"Braintrust Work Credential","description":"Work that ended and was paid through an escrow. ';
        text = string.concat(text, 'It cannot be transferred; its holder can renounce it.","attributes":[');
        text = string.concat(text, trait("Talent", vm.toString(talent)), trait("Employer", vm.toString(employer)));
        text = string.concat(text, trait("Negotiation", vm.toString(bytes32(tokenId))));
        text = string.concat(text, trait("Agreement", vm.toString(agreement)));
        text = string.concat(text, trait("Escrow", vm.toString(address(agreements))));
        text = string.concat(text, trait("Chain", vm.toString(block.chainid)));
        text = string.concat(text, '{"trait_type":"Paid milestones","value":2},');
        text = string.concat(text, '{"trait_type":"Closed milestones","value":3},');
        text = string.concat(text, '{"display_type":"date","trait_type":"Ended","value":');
        return string.concat(text, vm.toString(NOW + 3 days), "}]}");
    }

    function trait(string memory name, string memory value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', name, '","value":"', value, '"},');
    }
}
