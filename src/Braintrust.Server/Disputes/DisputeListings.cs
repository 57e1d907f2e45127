using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

/// <summary>Answers the List methods of disputes from the rows that their projection keeps.</summary>
public sealed class DisputeListings(ListingReader reader, IRows rows, IChainProgress progress)
{
    private static readonly ListingKind Cases = new(
        ListedCase.Table,
        [
            new("chain_id", "chain", ListingFieldKind.Number),
            new("phase", "phase", ListingFieldKind.Name) { Names = Names<CasePhase>() },
            new("employer", "employer", ListingFieldKind.Address), new("talent", "talent", ListingFieldKind.Address),
            new("token", "token", ListingFieldKind.Address), new("sum", "sum", ListingFieldKind.Amount),
            new("deadline_time", "deadline_ms", ListingFieldKind.Time) { Sortable = true },
            new("create_time", "created_ms", ListingFieldKind.Time) { Sortable = true },
            new("update_time", "changed_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("changed_ms", Descending: true)]);

    private static readonly ListingKind Seats = new(
        ListedCase.SeatTable,
        [
            new("chain_id", "chain", ListingFieldKind.Number),
            new("phase", "phase", ListingFieldKind.Name) { Names = Names<SeatPhase>() },
            new("due_time", "due_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("due_ms")]);

    private static readonly ListingKind Arbiters = new(ListedArbiter.Table, [], []);

    private static readonly ListingKind Due = new(ListedCase.DueTable, [], [new ListingOrder("opens_ms")]);

    public async Task<V1.ListDisputesResponse> Read(Caller caller, V1.ListDisputesRequest request, CancellationToken ct)
    {
        var mine = Own(caller);
        var (found, next) = await reader.Read(
            Cases, caller.AccountId, "disputes",
            [new ListingCondition.Any([ListingCondition.OneOf("talent", mine), ListingCondition.OneOf("employer", mine)])],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        return new() { Disputes = { found.Select(Overview) }, NextPageToken = next };
    }

    public async Task<V1.ListSeatsResponse> Read(Caller caller, V1.ListSeatsRequest request, CancellationToken ct)
    {
        var (found, next) = await reader.Read(
            Seats, caller.AccountId, "seats", [ListingCondition.OneOf("arbiter", Own(caller))],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        return new() { Seats = { found.Select(Duty) }, NextPageToken = next };
    }

    public async Task<V1.ListArbitersResponse> Read(Caller caller, V1.ListArbitersRequest request, CancellationToken ct)
    {
        var (court, arbitrable) = (Wire.Address(request.Court, "court"), Wire.Address(request.Arbitrable, "arbitrable"));
        var (found, next) = await reader.Read(
            Arbiters, caller.AccountId, $"arbiters {request.ChainId} {court} {arbitrable}",
            [
                ListingCondition.Equal("chain", (long)request.ChainId), ListingCondition.Equal("court", court.ToBytes()),
                ListingCondition.Equal("arbitrable", arbitrable.ToBytes()),
            ],
            new PageRequest(request.PageSize, request.PageToken, "", ""), ct);
        return new() { Arbiters = { found.Select(row => Overview(request.ChainId, row)) }, NextPageToken = next };
    }

    /// <summary>What is open by the time of the chain's newest block.</summary>
    public async Task<V1.ListDueMovesResponse> Read(Caller caller, V1.ListDueMovesRequest request, CancellationToken ct)
    {
        var now = progress.Latest(request.ChainId)?.HeadTime
            ?? throw Refusals.Unavailable("The chain's progress has not been read yet. Try again.");
        var (found, next) = await reader.Read(
            Due, caller.AccountId, $"due {request.ChainId}",
            [
                ListingCondition.Equal("chain", (long)request.ChainId),
                new ListingCondition.Compare("opens_ms", ListingOperator.Less, ListingValue.Of(now)),
                new ListingCondition.Compare("closes_ms", ListingOperator.GreaterOrEqual, ListingValue.Of(now)),
            ],
            new PageRequest(request.PageSize, request.PageToken, "", ""), ct);
        var cases = (await rows.ReadKeys(
                ListedCase.Table, [.. found.Select(row => row.Key.RemoveAt(2)).DistinctBy(key => new Hash32((byte[])key[1]))], ct))
            .ToDictionary(row => new Hash32((byte[])row.Key[1]));
        var response = new V1.ListDueMovesResponse { NextPageToken = next };
        foreach (var row in found)
            if (cases.GetValueOrDefault(CaseId(row)) is { } about) response.DueMoves.Add(Move(row, about));
        return response;
    }

    private static V1.DueMove Move(StoredRow row, StoredRow about)
    {
        var chain = (ulong)(long)row.Key[0];
        var due = new V1.DueMove
        {
            Dispute = DisputesWire.Name(chain, CaseId(row)),
            Agreement = EscrowWire.Name(chain, new Hash32((byte[])about.Values[2]!)),
            MilestoneIndex = (uint)(long)about.Values[3]!,
            OpensAfterSeconds = Seconds(row.Values[0]),
            ClosesAfterSeconds = Seconds(row.Values[1]),
        };
        if ((long)row.Key[2] == ListedCase.Resolve) due.EscrowMove = EscrowV1.Move.Resolve;
        else due.DisputeMove = (V1.DisputeMove)(long)row.Key[2];
        return due;
    }

    private V1.DisputeOverview Overview(StoredRow row)
    {
        var (chain, values) = ((ulong)(long)row.Key[0], row.Values);
        var told = new V1.DisputeOverview
        {
            Name = DisputesWire.Name(chain, CaseId(row)),
            Agreement = EscrowWire.Name(chain, new Hash32((byte[])values[2]!)),
            MilestoneIndex = (uint)(long)values[3]!,
            EmployerSide = Address(values[4]),
            Talent = Address(values[5]),
            Token = Address(values[6]),
            Sum = ListingValue.Amount(values[7]!).ToString(),
            Cost = ListingValue.Amount(values[8]!).ToString(),
            Phase = (V1.CasePhase)(long)values[9]!,
            Round = (uint)(long)values[10]!,
            OverAfterSeconds = Seconds(values[12]),
            CreateTime = Wire.BlockTime((long)values[13]!),
            UpdateTime = Wire.BlockTime((long)values[15]!),
            Final = progress.Latest(chain) is { } cursor && (ulong)(long)values[14]! <= cursor.FinalNo,
        };
        if (values[11] is long ruling and >= 0) told.RulingBps = (uint)ruling;
        return told;
    }

    private static V1.Duty Duty(StoredRow row) => new()
    {
        Dispute = DisputesWire.Name((ulong)(long)row.Key[0], CaseId(row)),
        Round = (uint)(long)row.Key[2],
        Phase = (V1.SeatPhase)(long)row.Values[2]!,
        CommitBySeconds = Seconds(row.Values[3]),
        RevealBySeconds = Seconds(row.Values[4]),
    };

    private static V1.ArbiterOverview Overview(ulong chain, StoredRow row) => new()
    {
        Name = DisputesWire.Name(chain, new Address((byte[])row.Key[3])),
        Bonded = (uint)(long)row.Values[0]!,
        Locked = (uint)(long)row.Values[1]!,
        Leaving = (uint)(long)row.Values[2]!,
    };

    private static Hash32 CaseId(StoredRow row) => new((byte[])row.Key[1]);

    private static string Address(object? value) => new Address((byte[])value!).ToString();

    private static ulong Seconds(object? milliseconds) =>
        milliseconds is ListedCase.NoDeadline ? 0 : (ulong)(long)milliseconds! / 1_000;

    private static object[] Own(Caller caller) => [.. caller.Wallets.Order().Select(wallet => (object)wallet.ToBytes())];

    private static ImmutableDictionary<string, long> Names<T>() where T : struct, Enum => Enum.GetValues<T>()
        .Select(value => (Name: value.ToString().ToUpperInvariant(), Number: Convert.ToInt64(value, null)))
        .Where(value => value.Number != 0).ToImmutableDictionary(value => value.Name, value => value.Number);
}
