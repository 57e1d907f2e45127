using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>
/// Reads the logs of the Reputation contract. A credential never moves, so what ERC-721 and ERC-5192 say beside (Transfer,
/// Locked) says nothing that CredentialClaimed and CredentialRenounced do not: it is not kept.
/// </summary>
public static class ReputationFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "Reputation";

    /// <summary>The event, or null when the log is none that is kept.</summary>
    public static (FactKind Kind, ReputationEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (Law.BatchAnchoredEvent.TryDecode(topics, data, out var anchored))
            return (FactKind.BatchAnchored, new ReputationEvent.BatchAnchored(
                (ulong)anchored.Batch, anchored.Root, anchored.Previous, anchored.Head, (int)anchored.Count));
        if (Law.CredentialClaimedEvent.TryDecode(topics, data, out var claimed))
            return (FactKind.CredentialClaimed, new ReputationEvent.CredentialClaimed(
                Word(claimed.TokenId), claimed.Talent, claimed.Employer, claimed.Agreement));
        return Law.CredentialRenouncedEvent.TryDecode(topics, data, out var renounced)
            ? (FactKind.CredentialRenounced, new ReputationEvent.CredentialRenounced(
                Word(renounced.TokenId), renounced.Talent, (ulong)renounced.Renouncements))
            : null;
    }

    /// <summary>True for a log of this contract that says nothing new.</summary>
    public static bool Ignores(Hash32 topic) => topic == Law.TransferEvent.Topic || topic == Law.LockedEvent.Topic;

    public static ulong SubjectOf(Address contract, ReputationEvent happened) => happened switch
    {
        ReputationEvent.BatchAnchored e => Subject.Batch(contract, e.Batch),
        ReputationEvent.CredentialClaimed e => Subject.Credentials(e.Talent),
        ReputationEvent.CredentialRenounced e => Subject.Credentials(e.Talent),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no such event"),
    };

    /// <summary>The facts of this contract among some of the ledger's: a subject is 64 bits of a hash.</summary>
    /// <exception cref="FormatException">A stored row is damaged: it was readable when it was appended.</exception>
    public static IEnumerable<ReputationFact> Among(IEnumerable<LedgerFact> entries) => entries
        .Where(entry => entry.Fact.Kind is FactKind.BatchAnchored or FactKind.CredentialClaimed or FactKind.CredentialRenounced)
        .Select(entry => new ReputationFact(entry, Read(entry.Fact)));

    /// <summary>A token id as the negotiation that it is.</summary>
    public static Hash32 Word(BigInteger number)
    {
        var writer = new AbiWriter();
        writer.UInt256(writer.Reserve(AbiWriter.WordBytes), number, 256);
        return new Hash32(writer.ToArray());
    }

    private static ReputationEvent Read(Fact fact)
    {
        var (topics, data) = FactPayload.Decode(fact.Payload);
        return TryRead(topics, data.Span)?.Event
            ?? throw new FormatException($"The stored fact {fact.TxHash}/{fact.LogIndex} is no {fact.Kind}.");
    }
}
