// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkTypes} from "../../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./AgreementTest.sol";

/// @notice EIP-712 documents as wallets get them, hashed by an implementation that is not ours.
abstract contract TypedData is AgreementTest {
    function typedData(IWorkTypes.Terms memory terms) internal view returns (string memory) {
        return document("Terms", string.concat('"Terms":[', termsFields(), "]"), message(terms));
    }

    /// @param types the JSON of all types but the domain's
    function document(string memory primaryType, string memory types, string memory values)
        internal
        view
        returns (string memory text)
    {
        string[4] memory domain = ["string name", "string version", "uint256 chainId", "address verifyingContract"];
        text = '{"types":{"EIP712Domain":[';
        for (uint256 i = 0; i < domain.length; ++i) {
            text = string.concat(text, field(domain[i], i == 0));
        }
        text = string.concat(text, "],", types, '},"primaryType":', quoted(primaryType), ',"domain":{');
        text = string.concat(text, '"name":"Braintrust WorkAgreements","version":"1","chainId":');
        text = string.concat(text, vm.toString(block.chainid), ',"verifyingContract":');
        return string.concat(text, quoted(vm.toString(address(agreements))), '},"message":{', values, "}}");
    }

    /// @dev "type name,type name" as EIP-712 JSON.
    function fieldList(string memory declarations) internal pure returns (string memory text) {
        string[] memory parts = vm.split(declarations, ",");
        for (uint256 i = 0; i < parts.length; ++i) {
            text = string.concat(text, field(parts[i], i == 0));
        }
    }

    function termsFields() internal pure returns (string memory text) {
        string[23] memory fields = [
            "uint256 nonce",
            "uint256 sequence",
            "bytes32 previous",
            "address employer",
            "address manager",
            "address talent",
            "address payout",
            "address token",
            "uint32 policyVersion",
            "uint16 feeBps",
            "address origin",
            "uint16 originBps",
            "uint32 reviewWindow",
            "uint32 reworkTime",
            "uint8 revisionsMax",
            "address court",
            "uint256 courtRules",
            "uint32 caseTime",
            "uint16 fallbackTalentBps",
            "uint64 validUntil",
            "bytes32 documents",
            "uint128[] amounts",
            "uint32[] workTimes"
        ];
        for (uint256 i = 0; i < fields.length; ++i) {
            text = string.concat(text, field(fields[i], i == 0));
        }
    }

    function message(IWorkTypes.Terms memory terms) internal pure returns (string memory text) {
        text = string.concat('"nonce":', quoted(vm.toString(terms.nonce)));
        text = string.concat(text, ',"sequence":', quoted(vm.toString(terms.sequence)));
        text = string.concat(text, ',"previous":', quoted(vm.toString(terms.previous)));
        text = string.concat(text, ',"employer":', quoted(vm.toString(terms.employer)));
        text = string.concat(text, ',"manager":', quoted(vm.toString(terms.manager)));
        text = string.concat(text, ',"talent":', quoted(vm.toString(terms.talent)));
        text = string.concat(text, ',"payout":', quoted(vm.toString(terms.payout)));
        text = string.concat(text, ',"token":', quoted(vm.toString(terms.token)));
        text = string.concat(text, ',"policyVersion":', quoted(vm.toString(uint256(terms.policyVersion))));
        text = string.concat(text, ',"feeBps":', quoted(vm.toString(uint256(terms.feeBps))));
        text = string.concat(text, ',"origin":', quoted(vm.toString(terms.origin)));
        text = string.concat(text, ',"originBps":', quoted(vm.toString(uint256(terms.originBps))));
        text = string.concat(text, ',"reviewWindow":', quoted(vm.toString(uint256(terms.reviewWindow))));
        text = string.concat(text, ',"reworkTime":', quoted(vm.toString(uint256(terms.reworkTime))));
        text = string.concat(text, ',"revisionsMax":', quoted(vm.toString(uint256(terms.revisionsMax))));
        text = string.concat(text, ',"court":', quoted(vm.toString(terms.court)));
        text = string.concat(text, ',"courtRules":', quoted(vm.toString(terms.courtRules)));
        text = string.concat(text, ',"caseTime":', quoted(vm.toString(uint256(terms.caseTime))));
        text = string.concat(text, ',"fallbackTalentBps":', quoted(vm.toString(uint256(terms.fallbackTalentBps))));
        text = string.concat(text, ',"validUntil":', quoted(vm.toString(uint256(terms.validUntil))));
        text = string.concat(text, ',"documents":', quoted(vm.toString(terms.documents)), ',"amounts":[');
        for (uint256 i = 0; i < terms.amounts.length; ++i) {
            text = string.concat(text, i == 0 ? "" : ",", quoted(vm.toString(uint256(terms.amounts[i]))));
        }
        text = string.concat(text, '],"workTimes":[');
        for (uint256 i = 0; i < terms.workTimes.length; ++i) {
            text = string.concat(text, i == 0 ? "" : ",", quoted(vm.toString(uint256(terms.workTimes[i]))));
        }
        return string.concat(text, "]");
    }

    /// @dev "type name" as EIP-712 JSON.
    function field(string memory declaration, bool first) internal pure returns (string memory) {
        string[] memory parts = vm.split(declaration, " ");
        return string.concat(first ? "" : ",", '{"name":', quoted(parts[1]), ',"type":', quoted(parts[0]), "}");
    }

    function quoted(string memory text) internal pure returns (string memory) {
        return string.concat('"', text, '"');
    }
}
