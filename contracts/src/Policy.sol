// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CourtRules} from "./court/CourtRules.sol";
import {IPolicy} from "./interfaces/IPolicy.sol";

/// @title The governed parameters
/// @dev A version is one slot beside its fee receiver; funding reads that slot and the token's. What a version changed of
/// a token or an official address is kept newest first: a reader of an older version walks back to what held then.
contract Policy is IPolicy, CourtRules {
    /// @dev What a version says but for its addresses. `publishedAt` is never zero for a version that exists. A stop is
    /// kept with the version it stops, so that funding reads it for nothing.
    struct Version {
        uint40 publishedAt;
        uint40 supersededAt;
        uint40 stoppedUntil;
        uint24 reviewWindowMin;
        uint24 reviewWindowMax;
        uint24 reworkTimeMin;
        uint24 validityMax;
        uint16 feeBps;
        uint16 originBpsMax;
    }

    /// @dev A token's numbers since a version; `amountMin` is zero while it is not listed.
    struct Listing {
        uint32 since;
        uint128 amountMin;
        uint88 referencePrice;
    }

    struct Official {
        uint32 since;
        address account;
    }

    uint256 private constant FEE_BPS_MAX = 2000;
    uint256 private constant WINDOW_MIN = 3 days;
    uint256 private constant WINDOW_MAX = 90 days;
    uint256 private constant VALIDITY_MIN = 1 days;
    uint256 private constant VALIDITY_MAX = 30 days;
    uint256 private constant ORIGIN_BPS_MAX = 5000;
    uint256 private constant STOP_MAX = 14 days;

    /// @inheritdoc IPolicy
    uint256 public constant GRACE = 14 days;
    /// @inheritdoc IPolicy
    address public immutable OWNER;

    /// @inheritdoc IPolicy
    uint32 public currentVersion;
    mapping(uint32 version => Version) private _versions;
    mapping(uint32 version => address) private _feeReceivers;
    mapping(uint32 version => address) private _guardians;
    mapping(address token => Listing) private _listings;
    mapping(address token => mapping(uint32 since => Listing)) private _earlierListings;
    mapping(bytes32 kind => Official) private _officials;
    mapping(bytes32 kind => mapping(uint32 since => Official)) private _earlierOfficials;

    /// @param owner who may publish: later the timelock of the governor
    /// @param parameters those of version 1
    /// @param listed the tokens that version 1 lists
    /// @param officials the official addresses of version 1
    constructor(
        address owner,
        Parameters memory parameters,
        PaymentToken[] memory listed,
        OfficialAddress[] memory officials
    ) {
        if (owner == address(0)) revert Unauthorized(owner);
        OWNER = owner;
        _publish(0, parameters, listed, new address[](0), officials);
    }

    // ------------------------------------------------------------------------------------------------ publishing

    /// @inheritdoc IPolicy
    function publish(
        uint32 supersedes,
        Parameters calldata parameters,
        PaymentToken[] calldata listed,
        address[] calldata delisted,
        OfficialAddress[] calldata officials
    ) external returns (uint32 version) {
        if (msg.sender != OWNER) revert Unauthorized(msg.sender);
        if (supersedes != currentVersion) revert VersionMoved(supersedes, currentVersion);
        _versions[supersedes].supersededAt = uint40(block.timestamp);
        return _publish(supersedes, parameters, listed, delisted, officials);
    }

    function _publish(
        uint32 supersedes,
        Parameters memory parameters,
        PaymentToken[] memory listed,
        address[] memory delisted,
        OfficialAddress[] memory officials
    ) private returns (uint32 version) {
        version = supersedes + 1;
        currentVersion = version;
        _setParameters(version, parameters);
        for (uint256 i = 0; i < listed.length; ++i) {
            _list(version, listed[i]);
        }
        for (uint256 i = 0; i < delisted.length; ++i) {
            if (_listings[delisted[i]].amountMin == 0) revert TokenNotListed(delisted[i], version);
            _replace(delisted[i], Listing(version, 0, 0));
        }
        for (uint256 i = 0; i < officials.length; ++i) {
            _setOfficial(version, officials[i]);
        }
        emit PolicyPublished(version, parameters, listed, delisted, officials);
    }

    function _setParameters(uint32 version, Parameters memory parameters) private {
        if (parameters.feeReceiver == address(0) || parameters.feeReceiver == address(this)) {
            revert RecipientInvalid(parameters.feeReceiver);
        }
        _requireBetween("feeBps", parameters.feeBps, 0, FEE_BPS_MAX);
        _requireBetween("reviewWindowMin", parameters.reviewWindowMin, WINDOW_MIN, WINDOW_MAX);
        _requireBetween("reviewWindowMax", parameters.reviewWindowMax, parameters.reviewWindowMin, WINDOW_MAX);
        _requireBetween("reworkTimeMin", parameters.reworkTimeMin, WINDOW_MIN, WINDOW_MAX);
        _requireBetween("validityMax", parameters.validityMax, VALIDITY_MIN, VALIDITY_MAX);
        _requireBetween("originBpsMax", parameters.originBpsMax, 0, ORIGIN_BPS_MAX);
        _feeReceivers[version] = parameters.feeReceiver;
        _guardians[version] = parameters.guardian;
        // forge-lint: disable-start(unsafe-typecast) 90 days fit in 24 bits
        _versions[version] = Version({
            publishedAt: uint40(block.timestamp),
            supersededAt: 0,
            stoppedUntil: 0,
            reviewWindowMin: uint24(parameters.reviewWindowMin),
            reviewWindowMax: uint24(parameters.reviewWindowMax),
            reworkTimeMin: uint24(parameters.reworkTimeMin),
            validityMax: uint24(parameters.validityMax),
            feeBps: parameters.feeBps,
            originBpsMax: parameters.originBpsMax
        });
        // forge-lint: disable-end(unsafe-typecast)
    }

    function _list(uint32 version, PaymentToken memory paid) private {
        if (paid.token.code.length == 0 || paid.amountMin == 0 || paid.referencePrice == 0) {
            revert ListingInvalid(paid.token);
        }
        _replace(paid.token, Listing(version, paid.amountMin, paid.referencePrice));
    }

    /// @dev A second change in one version replaces the first, which then never held.
    function _replace(address token, Listing memory next) private {
        Listing memory present = _listings[token];
        if (present.since != next.since) _earlierListings[token][next.since] = present;
        _listings[token] = next;
    }

    function _setOfficial(uint32 version, OfficialAddress memory official) private {
        if (official.kind == 0) revert OfficialInvalid(official.account);
        Official memory present = _officials[official.kind];
        if (present.since != version) _earlierOfficials[official.kind][version] = present;
        _officials[official.kind] = Official(version, official.account);
    }

    /// @inheritdoc IPolicy
    function addCourtRules(CourtRuleSet calldata rules, CourtToken[] calldata tokens) external returns (uint256 id) {
        if (msg.sender != OWNER) revert Unauthorized(msg.sender);
        return _addCourtRules(rules, tokens);
    }

    // ------------------------------------------------------------------------------------------------ stopping entry

    /// @inheritdoc IPolicy
    function stopEntry(uint32 version, uint256 duration) external {
        Version storage rules = _known(version);
        if (msg.sender != _guardians[version]) revert Unauthorized(msg.sender);
        if (_isExpired(rules.supersededAt)) revert VersionExpired(version, uint256(rules.supersededAt) + GRACE - 1);
        if (rules.stoppedUntil != 0) revert StopSpent(version);
        _requireBetween("duration", duration, 1, STOP_MAX);

        uint256 until = block.timestamp + duration;
        // forge-lint: disable-next-line(unsafe-typecast) seconds of the next 34,000 years fit in 40 bits
        rules.stoppedUntil = uint40(until);
        emit EntryStopped(version, until);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPolicy
    function feeReceiver() external view returns (address) {
        return _feeReceivers[currentVersion];
    }

    /// @inheritdoc IPolicy
    function fundingRules(uint32 version, address token) external view returns (FundingRules memory) {
        Version storage rules = _known(version);
        if (_isExpired(rules.supersededAt)) revert VersionExpired(version, uint256(rules.supersededAt) + GRACE - 1);
        if (block.timestamp <= rules.stoppedUntil) revert EntryIsStopped(version, rules.stoppedUntil);
        uint128 amountMin = _listingAt(version, token).amountMin;
        if (amountMin == 0) revert TokenNotListed(token, version);
        return FundingRules(
            rules.feeBps,
            rules.reviewWindowMin,
            rules.reviewWindowMax,
            rules.reworkTimeMin,
            rules.validityMax,
            rules.originBpsMax,
            amountMin
        );
    }

    /// @inheritdoc IPolicy
    function fundable(uint32 version, address token) external view returns (bool) {
        Version storage rules = _versions[version];
        return rules.publishedAt != 0 && !_isExpired(rules.supersededAt) && block.timestamp > rules.stoppedUntil
            && _listingAt(version, token).amountMin != 0;
    }

    /// @inheritdoc IPolicy
    function stoppedUntil(uint32 version) external view returns (uint256) {
        return _known(version).stoppedUntil;
    }

    /// @inheritdoc IPolicy
    function parametersOf(uint32 version)
        external
        view
        returns (Parameters memory parameters, uint256 publishedAt, uint256 supersededAt)
    {
        Version storage rules = _known(version);
        parameters = Parameters(
            _feeReceivers[version],
            rules.feeBps,
            rules.reviewWindowMin,
            rules.reviewWindowMax,
            rules.reworkTimeMin,
            rules.validityMax,
            rules.originBpsMax,
            _guardians[version]
        );
        return (parameters, rules.publishedAt, rules.supersededAt);
    }

    /// @inheritdoc IPolicy
    function paymentTokenOf(uint32 version, address token) external view returns (PaymentToken memory) {
        _known(version);
        Listing storage listing = _listingAt(version, token);
        return PaymentToken(listing.amountMin == 0 ? address(0) : token, listing.amountMin, listing.referencePrice);
    }

    /// @inheritdoc IPolicy
    function officialAddressOf(uint32 version, bytes32 kind) external view returns (address) {
        _known(version);
        Official memory official = _officials[kind];
        while (official.since > version) {
            official = _earlierOfficials[kind][official.since];
        }
        return official.account;
    }

    function _known(uint32 version) private view returns (Version storage known) {
        known = _versions[version];
        if (known.publishedAt == 0) revert VersionUnknown(version);
    }

    function _listingAt(uint32 version, address token) private view returns (Listing storage listing) {
        listing = _listings[token];
        while (listing.since > version) {
            listing = _earlierListings[token][listing.since];
        }
    }

    function _isExpired(uint256 supersededAt) private view returns (bool) {
        return supersededAt != 0 && block.timestamp >= supersededAt + GRACE;
    }

    function _requireBetween(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert ParameterOutOfBounds(name, value, min, max);
    }
}
