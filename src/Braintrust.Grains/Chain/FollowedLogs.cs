using Braintrust.Disputes;
using Braintrust.Escrow;
using Braintrust.Governance;
using Braintrust.Reputation;

namespace Braintrust.Chain;

/// <summary>What the ledger keeps of a log beside the log itself.</summary>
/// <param name="Subjects">Every subject it touches, without duplicates.</param>
/// <param name="Negotiation">The negotiation to ring, or null.</param>
internal sealed record FollowedLog(FactKind Kind, IReadOnlyList<ulong> Subjects, Hash32? Negotiation);

/// <summary>The contracts whose logs are followed, by the kind they are registered under, and what their logs mean.</summary>
internal static class FollowedLogs
{
    private delegate FollowedLog? Reader(Address contract, ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data);

    private static readonly Dictionary<string, Reader> Readers = new(StringComparer.Ordinal)
    {
        [EscrowFacts.ContractKind] = (_, topics, data) => EscrowFacts.TryRead(topics, data) is { } read
            ? new FollowedLog(read.Kind, EscrowSubjects.Of(read.Event), read.Event.About)
            : null,
        [PolicyFacts.ContractKind] = (contract, topics, data) => PolicyFacts.TryRead(topics, data) is { } read
            ? new FollowedLog(read.Kind, [Subject.Policy(contract)], null)
            : null,
        [DisputeFacts.ContractKind] = (_, topics, data) => DisputeFacts.TryRead(topics, data) is { } read
            ? new FollowedLog(read.Kind, DisputeSubjects.Of(read.Event), null)
            : null,
        [ReputationFacts.ContractKind] = (contract, topics, data) => ReputationFacts.TryRead(topics, data) is { } read
            ? new FollowedLog(read.Kind, [ReputationFacts.SubjectOf(contract, read.Event)], null)
            : null,
    };

    public static bool Follows(string kind) => Readers.ContainsKey(kind);

    /// <summary>Null when the log is none of the contract's own.</summary>
    public static FollowedLog? TryRead(RegisteredContract contract, ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Readers[contract.Kind](contract.Address, topics, data);

    /// <summary>True for a log of the contract's own that only repeats, for a standard's sake, what another one says.</summary>
    public static bool SaysNothingNew(RegisteredContract contract, ReadOnlySpan<Hash32> topics) =>
        contract.Kind == ReputationFacts.ContractKind && topics.Length > 0 && ReputationFacts.Ignores(topics[0]);
}
