using Braintrust.Accounts;
using Braintrust.Chain;
using Google.Protobuf;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>
/// Moves of people who have no coin: their wallets sign a typed form that the contract itself hashed, and an account of the
/// server pays for the transaction.
/// </summary>
public sealed class SignedMoves(ServerLink server, NodeLink node, WorkStage stage, Timeline timeline)
{
    /// <summary>Has a move signed and relayed, and waits until it is final and the agreement shows it.</summary>
    public async Task Relay(Person by, Deal deal, Step step, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        var (prepared, request) = await Sign(by, deal, step, ct);
        timeline.Tell(Tale.Act, by.Name, $"signs, without a coin: {prepared.Summary}", ("name", deal.Name), ("digest", request.Digest));
        await Relay(by, deal, step, request, until, ct);
    }

    /// <summary>Has a move relayed that is anyone's, and needs no signature.</summary>
    public async Task RelayOpen(Person by, Deal deal, Step step, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        timeline.Tell(Tale.Act, by.Name, $"has the {step.What} relayed, which needs nobody's signature", ("name", deal.Name));
        var request = new V1.RelayMoveRequest { RequestId = NewId(), Move = WorkStage.Request(by, deal.Name, step) };
        await Relay(by, deal, step, request, until, ct);
    }

    /// <summary>Signs a side's consent, for the other side to take up.</summary>
    public async Task<V1.MoveOffer> Consent(Person by, Deal deal, Step step, CancellationToken ct)
    {
        var (prepared, signed) = await Sign(by, deal, step, ct);
        timeline.Tell(Tale.Act, by.Name, $"consents, by signature: {prepared.Summary}", ("name", deal.Name), ("digest", signed.Digest));
        var request = new V1.OfferMoveRequest
        {
            RequestId = signed.RequestId, Move = signed.Move, Digest = signed.Digest, Signature = signed.Signature,
        };
        var offered = (await by.Call(options => server.Escrow.OfferMoveAsync(request, options), ct)).Agreement;
        return offered.MoveOffers.Single(offer => offer.Digest == signed.Digest);
    }

    private async Task Relay(
        Person by, Deal deal, Step step, V1.RelayMoveRequest request, Func<V1.Agreement, bool> until, CancellationToken ct)
    {
        var relayed = await stage.Lasting(() => by.Call(options => server.Escrow.RelayMoveAsync(request, options), ct), ct);
        await stage.Follow(by, step.What, relayed.Operation.Name, deal, until, ct);
    }

    private async Task<(V1.PrepareMoveResponse Prepared, V1.RelayMoveRequest Request)> Sign(
        Person by, Deal deal, Step step, CancellationToken ct)
    {
        var move = WorkStage.Request(by, deal.Name, step);
        move.BySignature = true;
        var prepared = await stage.Lasting(() => by.Call(options => server.Escrow.PrepareMoveAsync(move, options), ct), ct);
        move.ExpirySeconds = prepared.Call.ExpirySeconds;
        var digest = await node.Ask(
            chain => Law.HashCall.Call(chain, node.Escrow, by.Address, move.ExpirySeconds, step.Data, BlockId.Latest, ct), ct);
        if (prepared.Call.Digest != digest.ToString() || TypedData.Parse(prepared.Call.TypedDataJson).Digest != digest)
            throw new VerbFailedException($"{by} does not sign: the prepared call does something else than asked for.");
        var signature = ByteString.CopyFrom(await by.Signer.Sign(digest, ct));
        return (prepared, new V1.RelayMoveRequest { RequestId = NewId(), Move = move, Digest = prepared.Call.Digest, Signature = signature });
    }

    private static string NewId() => Guid.NewGuid().ToString();
}
