using System.Globalization;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Google.Protobuf;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

public sealed class CredentialService(
    IFollowedChains chains, IChainLedger ledger, WorkRecords works, ReputationContracts contracts, CredentialPreparer preparer,
    PageTokens pages) : V1.CredentialService.CredentialServiceBase
{
    public override async Task<V1.ListCredentialsResponse> ListCredentials(
        V1.ListCredentialsRequest request, ServerCallContext context)
    {
        var (chainId, talent) = ReputationWire.Parse(request.Parent, "parent");
        var chain = Followed(chainId, "parent");
        if (request.PageSize < 0) throw Wire.Bad("page_size", "A page size is not negative.");
        var size = request.PageSize == 0 ? ListingQuery.PageSizeDefault : Math.Min(request.PageSize, ListingQuery.PageSizeMax);
        string[] query = [context.Method, request.Parent];
        var after = request.PageToken.Length == 0 ? null : (byte[])pages.Open(query, request.PageToken).OrThrow()[0];
        var cursor = await ledger.ReadCursor(chainId, context.CancellationToken);
        var held = (await Read(chainId, talent, context.CancellationToken)).Where(credential => credential.IsHeld).ToList();
        var rest = after is null ? held : [.. held.SkipWhile(each => each.Negotiation != new Hash32(after)).Skip(1)];
        var page = rest.Take(size).ToList();
        return new()
        {
            Credentials = { page.Select(each => Credential(chain, each, cursor)) },
            NextPageToken = rest.Count > size ? pages.Seal(query, [page[^1].Negotiation.ToBytes()]) : "",
        };
    }

    public override async Task<V1.PrepareClaimResponse> PrepareClaim(V1.PrepareClaimRequest request, ServerCallContext context)
    {
        var (chain, work, contract) = await Work(request.Agreement, context.CancellationToken);
        var wish = Wish(request.Wallet, request.ExpirySeconds, request.Signature);
        var outcome = await preparer.Claim(chain, contract, work.Agreement.Funded.Terms, wish, context.CancellationToken);
        var prepared = outcome.OrThrow();
        return new()
        {
            Transaction = Transaction(prepared), TypedDataJson = prepared.TypedData?.ToJson() ?? "", Summary = prepared.Summary,
        };
    }

    public override async Task<V1.PrepareRenounceResponse> PrepareRenounce(
        V1.PrepareRenounceRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var (chain, work, contract) = await Work(request.Agreement, ct);
        var wish = Wish(request.Wallet, request.ExpirySeconds, request.Signature);
        var all = await Read(chain.Settings.ChainId, work.Agreement.Funded.Terms.Talent, ct);
        var held = all.FirstOrDefault(each => each.IsHeld && each.Contract == contract && each.Negotiation == work.Negotiation)
            ?? throw new Refusal(RefusalCode.WrongState, "Nobody holds this credential.", "agreement").ToRpc();
        var prepared = (await preparer.Renounce(chain, held, wish, ct)).OrThrow();
        return new()
        {
            Transaction = Transaction(prepared), TypedDataJson = prepared.TypedData?.ToJson() ?? "", Summary = prepared.Summary,
        };
    }

    private async ValueTask<IEnumerable<Credential>> Read(ulong chainId, Address talent, CancellationToken ct) =>
        CredentialFold.Of(
            talent, ReputationFacts.Among(await ledger.ReadStanding(chainId, [Subject.Credentials(talent)], ct)));

    private async Task<(FollowedChain Chain, WorkRecord Work, Address Contract)> Work(string agreement, CancellationToken ct)
    {
        var (chainId, negotiation) = Wire.ChainName(agreement, EscrowWire.Collection, "agreement");
        var chain = Followed(chainId, "agreement");
        var (found, _) = await works.Read(chainId, [negotiation], ct);
        if (found.IsEmpty)
            throw new Refusal(RefusalCode.NotFound, "No final block holds such an agreement.", "agreement").ToRpc();
        return await contracts.Of(chainId, found[0].Agreement.Contract, ct) is { } contract
            ? (chain, found[0], contract)
            : throw new Refusal(
                RefusalCode.NotFound, "No Reputation contract is registered for this agreement's escrow.", "agreement").ToRpc();
    }

    private FollowedChain Followed(ulong chainId, string field) => chains.Find(chainId)
        ?? throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc();

    private static CredentialWish Wish(string wallet, ulong expiry, ByteString signature)
    {
        var signed = Wire.Bytes(signature, "signature", 0, ContractSignatures.SignatureBytesMax).ToArray();
        if (wallet.Length > 0) return new CredentialWish(Wire.Address(wallet, "wallet"), expiry, signed);
        return signed.Length == 0 && expiry > 0
            ? new CredentialWish(null, expiry, [])
            : throw Wire.Bad("expiry_seconds", "Typed data needs an expiry, and no signature yet.");
    }

    private static EscrowV1.UnsignedTransaction? Transaction(PreparedCredential prepared) =>
        prepared.Transaction is { } transaction ? EscrowWire.Prepared(transaction).Transaction : null;

    private static V1.Credential Credential(FollowedChain chain, Credential credential, ChainCursor cursor) => new()
    {
        Agreement = EscrowWire.Name(chain.Settings.ChainId, credential.Negotiation),
        Contract = credential.Contract.ToString(),
        TokenId = new BigInteger(credential.Negotiation.ToBytes(), isUnsigned: true, isBigEndian: true)
            .ToString(CultureInfo.InvariantCulture),
        Talent = credential.Talent.ToString(),
        Employer = credential.Employer.ToString(),
        TermsHash = credential.Agreement.ToString(),
        Renouncements = credential.Renouncements,
        Seen = ChainWire.Seen(credential.Claimed.Seen.At(cursor, chain.Settings.ConfirmationsNeeded)),
    };
}
