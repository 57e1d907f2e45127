// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title What a credential says of itself
/// @dev Numbers and addresses only: nothing in it needs escaping, and nobody's words stand in it.
library CredentialText {
    using Strings for address;
    using Strings for uint256;

    /// @param paid milestones that paid the talent anything
    /// @param closed milestones that closed, paid or not
    /// @param endedAt second at which the agreement ended
    struct Facts {
        address escrow;
        uint256 negotiation;
        uint256 agreement;
        address employer;
        address talent;
        uint256 paid;
        uint256 closed;
        uint256 endedAt;
    }

    function uri(Facts memory facts) internal view returns (string memory) {
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json(facts))));
    }

    function json(Facts memory facts) private view returns (string memory) {
        return string.concat(
            '{"name":"Braintrust Work Credential","description":"Work that ended and was paid through an escrow. ',
            'It cannot be transferred; its holder can renounce it.","attributes":[',
            _parties(facts),
            _place(facts),
            _course(facts),
            "]}"
        );
    }

    function _parties(Facts memory facts) private pure returns (string memory) {
        return string.concat(
            _text("Talent", facts.talent.toChecksumHexString()), _text("Employer", facts.employer.toChecksumHexString())
        );
    }

    function _place(Facts memory facts) private view returns (string memory) {
        return string.concat(
            _text("Negotiation", facts.negotiation.toHexString(32)),
            _text("Agreement", facts.agreement.toHexString(32)),
            _text("Escrow", facts.escrow.toChecksumHexString()),
            _text("Chain", block.chainid.toString())
        );
    }

    function _course(Facts memory facts) private pure returns (string memory) {
        return string.concat(
            _number("Paid milestones", facts.paid),
            _number("Closed milestones", facts.closed),
            '{"display_type":"date","trait_type":"Ended","value":',
            facts.endedAt.toString(),
            "}"
        );
    }

    function _text(string memory name, string memory value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', name, '","value":"', value, '"},');
    }

    function _number(string memory name, uint256 value) private pure returns (string memory) {
        return string.concat('{"trait_type":"', name, '","value":', value.toString(), "},");
    }
}
