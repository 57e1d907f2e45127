using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <summary>A review as it was filed, and what the chain says of it now.</summary>
/// <param name="Place">Null until it is in a batch.</param>
/// <param name="IsAnchored">A final block anchors that batch.</param>
/// <param name="IsOpen">Others than its author may see it.</param>
public sealed record JudgedReview(FiledReview Filed, ReviewPlace? Place, bool IsAnchored, bool IsOpen);

/// <summary>
/// The one way out for reviews. Whether a review is open is decided when it is read, from its rows and the ledger, by
/// <see cref="ReviewRules.IsOpen"/>: nothing has to happen for a review to be opened, and what a rewind takes back (the
/// closing it stands on, its anchor) is not shown from then on.
/// </summary>
public sealed class ReviewReader(IRows rows, IListings listings, IChainLedger ledger)
{
    private static readonly ImmutableArray<ListingOrder> NewestFirst = [new("filed_ms", Descending: true)];

    /// <summary>
    /// The open reviews that this side filed about an address, the newest first. The position to go on from is that of the last
    /// one answered, and told only when another open one follows: neither may tell of a sealed review.
    /// </summary>
    public async ValueTask<(ImmutableArray<JudgedReview> Open, ImmutableArray<object>? Next)> ListOpen(
        ulong chain, Address about, ReviewSide by, int size, ImmutableArray<object>? after, CancellationToken ct)
    {
        var now = (await ledger.ReadCursor(chain, ct)).HeadTime;
        ImmutableArray<ListingCondition> mine =
        [
            ListingCondition.Equal("chain", (long)chain), ListingCondition.Equal("about", about.ToBytes()),
            ListingCondition.Equal("side", (long)by),
            new ListingCondition.Compare("sealed_until", ListingOperator.Less, (long)now.Seconds),
        ];
        var open = new List<(JudgedReview Review, ImmutableArray<object> Place)>();
        ListingPage? page = null;
        do
        {
            var query = new ListingQuery(ReviewRows.Reviews, mine, NewestFirst, ListingQuery.PageSizeMax, page?.Last ?? after);
            page = await listings.Read(query, ct);
            var judged = await Judge(chain, page.Rows, ct);
            open.AddRange(judged.Zip(page.Rows, (review, row) => (review, row.Key.Insert(0, row.Values[4]!)))
                .Where(each => each.review.IsOpen));
        }
        while (page.More && open.Count <= size);

        return ([.. open.Take(size).Select(each => each.Review)], open.Count > size ? open[size - 1].Place : null);
    }

    /// <summary>
    /// The second after which time alone opens the next review about an address, if it is anchored by then; null when no review
    /// waits for time. Not before <paramref name="now"/>.
    /// </summary>
    public async ValueTask<ulong?> OpensAfter(ulong chain, Address about, BlockTime now, CancellationToken ct)
    {
        ImmutableArray<ListingCondition> waiting =
        [
            ListingCondition.Equal("chain", (long)chain), ListingCondition.Equal("about", about.ToBytes()),
            new ListingCondition.Compare("sealed_until", ListingOperator.GreaterOrEqual, (long)now.Seconds),
        ];
        var page = await listings.Read(new ListingQuery(ReviewRows.Reviews, waiting, [new("sealed_until")], 1), ct);
        return page.Rows.IsEmpty ? null : (ulong)(long)page.Rows[0].Values[3]!;
    }

    /// <summary>All that were filed about one agreement, sealed ones included: the caller must not show those.</summary>
    public async ValueTask<ImmutableArray<JudgedReview>> ReadAll(ulong chain, Hash32 negotiation, CancellationToken ct) =>
        await Judge(chain, await rows.Read(ReviewRows.Reviews, [(long)chain, negotiation.ToBytes()], ct), ct);

    /// <summary>One, sealed or not: the caller must not show a sealed one to anybody but its author.</summary>
    public async ValueTask<JudgedReview?> Find(
        ulong chain, Hash32 negotiation, int milestone, ReviewSide side, CancellationToken ct)
    {
        var found = await rows.ReadKeys(
            ReviewRows.Reviews, [[(long)chain, negotiation.ToBytes(), (long)milestone, (long)side]], ct);
        return (await Judge(chain, found, ct)).FirstOrDefault();
    }

    private async ValueTask<ImmutableArray<JudgedReview>> Judge(
        ulong chain, ImmutableArray<StoredRow> found, CancellationToken ct)
    {
        if (found.IsEmpty) return [];
        var filed = found.Select(row => new FiledRow(
            StateSerializer.Deserialize<FiledReview>((byte[])row.Values[5]!), row.Values[2] is byte[] other ? new Hash32(other) : null,
            (ulong)(long)row.Values[3]!)).ToList();
        var places = await Places(chain, filed.SelectMany(row => new[] { row.Review.Seal, row.Other }).OfType<Hash32>(), ct);
        var stands = await Stands.Read(ledger, chain, filed.Select(row => row.Review), places.Values, ct);
        return
        [
            .. filed.Select(row =>
            {
                var place = places.GetValueOrDefault(row.Review.Seal);
                var other = row.Other is { } seal ? places.GetValueOrDefault(seal) : null;
                var open = stands.IsClosed(row.Review) && ReviewRules.IsOpen(
                    row.SealedUntil, stands.IsAnchored(place), stands.IsAnchored(other), stands.Now);
                return new JudgedReview(row.Review, place, stands.IsAnchored(place), open);
            }),
        ];
    }

    private async ValueTask<Dictionary<Hash32, ReviewPlace>> Places(ulong chain, IEnumerable<Hash32> seals, CancellationToken ct)
    {
        var keys = seals.Distinct().Select(seal => ImmutableArray.Create<object>((long)chain, seal.ToBytes())).ToList();
        return (await rows.ReadKeys(ReviewRows.Places, keys, ct)).Select(ReviewRows.Place).ToDictionary(place => place.Seal);
    }

    private sealed record FiledRow(FiledReview Review, Hash32? Other, ulong SealedUntil);

    /// <summary>What stands in final blocks of all that some reviews rest on.</summary>
    private sealed record Stands(
        BlockTime Now, HashSet<(Address, ulong, Hash32)> Batches, HashSet<(Hash32, int, Hash32)> Closings)
    {
        public bool IsAnchored(ReviewPlace? place) => place is not null && Batches.Contains((place.Contract, place.Batch, place.Root));

        public bool IsClosed(FiledReview filed) =>
            Closings.Contains((filed.Review.Negotiation, filed.Review.Milestone, filed.ClosedIn));

        public static async ValueTask<Stands> Read(
            IChainLedger ledger, ulong chain, IEnumerable<FiledReview> reviews, IEnumerable<ReviewPlace> places, CancellationToken ct)
        {
            var subjects = reviews.Select(filed => Subject.Agreement(filed.Review.Negotiation))
                .Concat(places.Select(place => Subject.Batch(place.Contract, place.Batch))).Distinct().ToList();
            var cursor = await ledger.ReadCursor(chain, ct);
            var final = (await ledger.ReadStanding(chain, subjects, ct)).Where(entry => entry.Fact.BlockNo <= cursor.FinalNo).ToList();
            return new Stands(
                cursor.HeadTime,
                [
                    .. ReputationFacts.Among(final).Where(fact => fact.Event is ReputationEvent.BatchAnchored).Select(fact =>
                        (fact.At.Contract, ((ReputationEvent.BatchAnchored)fact.Event).Batch, ((ReputationEvent.BatchAnchored)fact.Event).Root)),
                ],
                [.. EscrowFacts.Among(final).Select(Closing).OfType<(Hash32, int, Hash32)>()]);
        }

        private static (Hash32, int, Hash32)? Closing(EscrowFact fact) => fact.Event switch
        {
            EscrowEvent.MilestoneClosed closed => (closed.Negotiation, closed.Milestone, fact.At.Seen.BlockHash),
            EscrowEvent.AgreementReclaimed back => (back.Negotiation, back.FirstMilestone, fact.At.Seen.BlockHash),
            _ => null,
        };
    }
}
