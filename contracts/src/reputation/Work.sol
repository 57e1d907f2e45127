// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IReputation} from "../interfaces/IReputation.sol";
import {IWorkAgreements} from "../interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../interfaces/IWorkTypes.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @title What reviews and credentials stand on: the escrow, and words signed for this contract
abstract contract Work is IReputation, EIP712 {
    /// @inheritdoc IReputation
    IWorkAgreements public immutable AGREEMENTS;

    constructor(IWorkAgreements agreements) EIP712("Braintrust Reputation", "1") {
        if (address(agreements).code.length == 0) revert AgreementsMissing(address(agreements));
        AGREEMENTS = agreements;
    }

    function _negotiation(IWorkTypes.Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms.talent, terms.nonce));
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!Signatures.isSignedBy(signer, digest, signature)) revert NotSigned(signer);
    }
}
