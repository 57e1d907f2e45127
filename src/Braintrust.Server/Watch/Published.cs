using System.Collections.Immutable;
using Braintrust.Chain;
using Google.Protobuf;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

/// <summary>A subject's value as it goes to every client that watches it: mapped and encoded once. Never changed.</summary>
public sealed class Published
{
    private readonly V1.Update _update;

    /// <param name="update">The update, its version not yet set.</param>
    public Published(V1.Update update, ViewVersion version, ImmutableArray<Retraction> retractions)
    {
        Digest = ResumeTokens.Hash(update.ToByteArray());
        update.Version = new V1.Version { State = (ulong)version.State, Position = (ulong)version.Pos };
        (_update, Version, Retractions) = (update, version, retractions);
        Encoded = new V1.WatchResponse { Update = update }.ToByteString();
    }

    public ViewVersion Version { get; }
    public ulong Digest { get; }

    /// <summary>Recent facts that rewinds took back, oldest first.</summary>
    public ImmutableArray<Retraction> Retractions { get; }

    /// <summary>The bytes of a WatchResponse that holds nothing but this update.</summary>
    public ByteString Encoded { get; }

    public Told Told => new(Version, Digest);

    public V1.WatchResponse Response => new() { Update = _update, EncodedEvent = Encoded };

    /// <summary>The wallets of an account's value.</summary>
    public IReadOnlyCollection<string> Wallets => _update.Account?.Wallets ?? [];

    /// <summary>Whether a profile's value is for its owner alone.</summary>
    public bool IsPrivate => _update.TalentProfile?.Visibility == Api.Talent.V1.Visibility.Private;

    /// <summary>Whether a case's value is of one that is not concluded.</summary>
    public bool IsLivingCase => _update.Dispute?.Phase is Api.Disputes.V1.CasePhase.Response
        or Api.Disputes.V1.CasePhase.Drawing or Api.Disputes.V1.CasePhase.Voting;

    /// <summary>Whether an organisation's value has the account among its members, or among those who hire.</summary>
    public bool HasMember(string accountId, bool hires) =>
        _update.Organisation is { } organisation
        && organisation.Members.Any(member => member.Account == "accounts/" + accountId && (!hires || Hires(member)));

    private static bool Hires(Api.Accounts.V1.OrganisationMember member) =>
        member.Roles.Contains(Api.Accounts.V1.OrganisationRole.Owner) || member.Roles.Contains(Api.Accounts.V1.OrganisationRole.HiringManager);

    /// <summary>
    /// True when this is at least as new: the ledger position decides, then the state. Positions never fall, and states
    /// fall (a chain's head after a reorganisation) only when the position grows.
    /// </summary>
    public bool Reaches(ViewVersion other) => (Version.Pos, Version.State).CompareTo((other.Pos, other.State)) >= 0;
}
