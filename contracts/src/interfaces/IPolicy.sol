// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICourtRules} from "./ICourtRules.sol";

/// @title The governed parameters
/// @notice What may be voted on, within bounds that no vote can move. Every change publishes a new version; old versions
/// stay readable, and terms that name one can still be funded for 14 days after it was superseded. Funded agreements read
/// nothing here.
/// @dev The owner is fixed at birth. Versions count from 1 without gaps. Listings and official addresses hold from the
/// version that set them until a later one changes them.
interface IPolicy is ICourtRules {
    /// @notice What a version says as a whole.
    struct Parameters {
        address feeReceiver; // where swept fees go
        uint16 feeBps; // the employer's fee on top, in basis points: 0 to 2,000
        uint32 reviewWindowMin; // seconds, 3 days or more
        uint32 reviewWindowMax; // seconds, at most 90 days
        uint32 reworkTimeMin; // seconds a talent gets to answer requested changes, at least: 3 to 90 days
        uint32 validityMax; // seconds that terms may be open to first funding: 1 to 30 days
        uint16 originBpsMax; // most of the fee that may go to who brought the deal, in basis points: 0 to 5,000
        address guardian; // who may stop first funding under this version, once; zero: nobody
    }

    /// @notice A token that agreements can be paid in.
    struct PaymentToken {
        address token;
        uint128 amountMin; // least pay of a milestone, in base units, not zero
        uint88 referencePrice; // millionths of the reference unit for 10^18 base units, not zero
    }

    /// @notice An address that people are told to trust under a name.
    struct OfficialAddress {
        bytes32 kind; // ASCII, such as "WorkAgreements"
        address account; // zero: none any more
    }

    /// @notice All that first funding must know of a version and a token.
    struct FundingRules {
        uint16 feeBps;
        uint32 reviewWindowMin;
        uint32 reviewWindowMax;
        uint32 reworkTimeMin;
        uint32 validityMax;
        uint16 originBpsMax;
        uint128 amountMin;
    }

    /// @notice A version came into force and superseded the one before. Carries the whole change: versions, listings and
    /// official addresses can be replayed from these logs alone.
    /// @param listed tokens listed, or listed anew with other numbers
    /// @param delisted tokens taken off the list
    /// @param officials official addresses set or taken away
    event PolicyPublished(
        uint32 indexed version,
        Parameters parameters,
        PaymentToken[] listed,
        address[] delisted,
        OfficialAddress[] officials
    );

    /// @notice First funding under this version is refused until `until` inclusive; funded agreements notice nothing.
    event EntryStopped(uint32 indexed version, uint256 until);

    /// @notice The call belongs to the owner, or to the version's guardian.
    error Unauthorized(address caller);
    /// @notice The change was made for a version that is not the current one any more.
    error VersionMoved(uint32 expected, uint32 current);
    /// @notice No such version was published.
    error VersionUnknown(uint32 version);
    /// @notice The version was superseded 14 days ago or more: its last second was `fundableUntil`.
    error VersionExpired(uint32 version, uint256 fundableUntil);
    /// @notice First funding under this version is stopped until `until` inclusive.
    error EntryIsStopped(uint32 version, uint256 until);
    /// @notice Each version can be stopped once.
    error StopSpent(uint32 version);
    /// @notice The token is not on the list of that version.
    error TokenNotListed(address token, uint32 version);
    /// @notice A parameter lies outside the bounds that no vote can move; `name` is the field's, e.g. "feeBps".
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max);
    /// @notice Money sent there would be lost.
    error RecipientInvalid(address to);
    /// @notice Not a contract, or listed without a least amount or a reference price.
    error ListingInvalid(address token);
    /// @notice An official address needs a name.
    error OfficialInvalid(address account);

    /// @notice Owner: puts a new version in force at once.
    /// @param supersedes the current version, so that a change made for another one is never applied by accident
    /// @param parameters all of them, changed or not
    /// @param listed tokens to list; one already listed gets these numbers
    /// @param delisted tokens to take off the list; each must be on it
    /// @param officials official addresses to set or, with account zero, to take away
    function publish(
        uint32 supersedes,
        Parameters calldata parameters,
        PaymentToken[] calldata listed,
        address[] calldata delisted,
        OfficialAddress[] calldata officials
    ) external returns (uint32 version);

    /// @notice Owner: adds a rule set of the court, for ever. Terms name it by its id; versions are no matter to it.
    /// @param tokens those it hears cases about
    function addCourtRules(CourtRuleSet calldata rules, CourtToken[] calldata tokens) external returns (uint256 id);

    /// @notice A version's guardian: refuses first funding under it, at once and once. Another stop of entry needs another
    /// version.
    /// @param version one that can still be funded
    /// @param duration seconds, 1 to 14 days
    function stopEntry(uint32 version, uint256 duration) external;

    /// @notice Who may publish, for ever.
    function OWNER() external view returns (address);
    /// @notice Seconds for which a superseded version can still be funded.
    function GRACE() external view returns (uint256);
    /// @notice The version in force.
    function currentVersion() external view returns (uint32);
    /// @notice Where fees go now.
    function feeReceiver() external view returns (address);
    /// @notice The last second in which first funding under the version is refused; 0 when nobody stopped it.
    function stoppedUntil(uint32 version) external view returns (uint256);
    /// @notice What first funding must know; reverts with VersionUnknown, VersionExpired, EntryIsStopped or TokenNotListed.
    function fundingRules(uint32 version, address token) external view returns (FundingRules memory);
    /// @notice Whether terms that name this version and token can be funded now.
    function fundable(uint32 version, address token) external view returns (bool);
    /// @notice A version's parameters, the second it came into force, and the second it was superseded (0: in force).
    function parametersOf(uint32 version)
        external
        view
        returns (Parameters memory parameters, uint256 publishedAt, uint256 supersededAt);
    /// @notice A token's numbers under a version; all zero when it was not listed.
    function paymentTokenOf(uint32 version, address token) external view returns (PaymentToken memory);
    /// @notice An official address under a version; zero when there was none.
    function officialAddressOf(uint32 version, bytes32 kind) external view returns (address);
}
