using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Disputes;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>Answers ListCredits from the rows that the projection of credits keeps.</summary>
public sealed class CreditList(ListingReader reader, IChainProgress progress)
{
    private static readonly ListingKind Kind = new(
        ListedCredit.Table,
        [
            new("chain_id", "chain", ListingFieldKind.Number),
            new("contract", "contract", ListingFieldKind.Address),
            new("holder", "holder", ListingFieldKind.Name)
            {
                Names = Enum.GetValues<CreditHolder>().ToImmutableDictionary(
                    holder => holder.ToString().ToUpperInvariant(), holder => (long)holder),
            },
            new("wallet", "party", ListingFieldKind.Address),
            new("token", "token", ListingFieldKind.Address),
            new("amount", "amount", ListingFieldKind.Amount) { Sortable = true },
            new("update_time", "changed_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("changed_ms", Descending: true)]);

    public async Task<V1.ListCreditsResponse> Read(Caller caller, V1.ListCreditsRequest request, CancellationToken ct)
    {
        var wallets = caller.Wallets.Order().Select(wallet => (object)wallet.ToBytes());
        var (rows, next) = await reader.Read(
            Kind, caller.AccountId, "credits", [ListingCondition.OneOf("party", wallets)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), ct);
        return new() { Credits = { rows.Select(ListedCredit.Of).Select(Credit) }, NextPageToken = next };
    }

    private V1.Credit Credit(ListedCredit listed) => new()
    {
        ChainId = listed.ChainId,
        Contract = listed.Contract.ToString(),
        Holder = (V1.CreditHolder)listed.Holder,
        Wallet = listed.Party.ToString(),
        Token = listed.Token.ToString(),
        Amount = listed.Amount.ToString(),
        Agreement = listed.Holder == CreditHolder.Escrow ? EscrowWire.Name(listed.ChainId, listed.About) : "",
        Dispute = listed.Holder == CreditHolder.Court ? DisputesWire.Name(listed.ChainId, listed.About) : "",
        UpdateTime = Wire.BlockTime(listed.ChangedMs),
        Final = progress.Latest(listed.ChainId) is { } cursor && listed.ChangedBlock <= cursor.FinalNo,
    };
}
