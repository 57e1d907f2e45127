using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Storage;

/// <summary>The readers that agreements' grains have, with snapshots after every few facts, some begun anew from them.</summary>
internal sealed class ReadersUnderTest(IChainLedger ledger, Random random)
{
    private const int SnapshotFacts = 2;

    private readonly Dictionary<Hash32, (AgreementReader Reader, EscrowSnapshot Saved)> _readers = [];

    public int Snapshots { get; private set; }

    public async Task Look()
    {
        foreach (var negotiation in _readers.Keys.ToList()) await Look(negotiation);
    }

    /// <summary>Every reader that ever began tells what stands of its agreement, or nothing when nothing does.</summary>
    public async Task TellWhatStands(IReadOnlyDictionary<Hash32, PlayedAgreement> standing)
    {
        foreach (var negotiation in standing.Keys.Union(_readers.Keys).ToList())
        {
            var told = (await Look(negotiation)).Fold.Agreement;
            var stands = standing.GetValueOrDefault(negotiation);
            Assert.Equal(
                stands is null ? default : (stands.Phase, stands.Milestone, stands.Funded, stands.SinceSeconds, stands.PaidIn, stands.Paid),
                told is null ? default : (told.Phase, told.Milestone, told.MilestonesFunded, told.Since.Seconds, told.PaidIn, told.PaidToTalent));
        }
    }

    private async Task<AgreementReader> Look(Hash32 negotiation)
    {
        var saved = EscrowSnapshot.Empty;
        if (_readers.TryGetValue(negotiation, out var known)) saved = known.Saved;
        var reader = known.Reader;
        if (reader is null || random.Next(4) == 0)
        {
            reader = new AgreementReader(LedgerPlay.ChainId, negotiation, ledger, SnapshotFacts);
            await reader.Begin(saved, CancellationToken.None);
        }
        else
        {
            await reader.Look(CancellationToken.None);
        }

        if (reader.Snapshot() is { } snapshot) (saved, Snapshots) = (snapshot, Snapshots + 1);
        _readers[negotiation] = (reader, saved);
        return reader;
    }
}
