using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using EscrowV1 = Braintrust.Api.Escrow.V1;

namespace Braintrust;

/// <summary>Terms between two development accounts, and what people do with them.</summary>
public static class Deals
{
    private static int _nonces;

    /// <summary>Terms with a nonce of their own, as a client would fill them in.</summary>
    public static EscrowV1.Terms Terms(ApiServer server, Person employer, Person talent) => new()
    {
        Nonce = Interlocked.Increment(ref _nonces).ToString(System.Globalization.CultureInfo.InvariantCulture),
        Sequence = "0",
        Employer = employer.Address.ToString(),
        Talent = talent.Address.ToString(),
        Token = ScriptedSource.Token.ToString(),
        ReviewWindowSeconds = WorkStory.ReviewWindow,
        ReworkTimeSeconds = WorkStory.ReworkTime,
        RevisionsMax = WorkStory.RevisionsMax,
        FallbackTalentBps = WorkStory.FallbackBps,
        ValidUntilSeconds = server.Source.Chain.Head.Time.Seconds + 7 * 24 * 3600,
        Documents = Hash32.Keccak("the agreed text"u8).ToString(),
        Milestones =
        {
            new EscrowV1.MilestoneTerms { Amount = "1000000000000000000", WorkTimeSeconds = 86_400 },
            new EscrowV1.MilestoneTerms { Amount = "2000000000000000001", WorkTimeSeconds = 86_400 },
        },
    };

    public static async Task<EscrowV1.PrepareTermsResponse> Prepare(ApiServer server, Person talent, EscrowV1.Terms terms) =>
        await server.Escrow.PrepareTermsAsync(new() { ChainId = ScriptedSource.ChainId, Terms = terms }, talent.Headers);

    public static async Task<EscrowV1.OfferTermsRequest> Sign(Person talent, EscrowV1.PrepareTermsResponse prepared)
    {
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        return new()
        {
            RequestId = Guid.NewGuid().ToString(),
            ChainId = ScriptedSource.ChainId,
            Terms = prepared.Terms,
            TalentSignature = ByteString.CopyFrom(await talent.Signer.Sign(digest, CancellationToken.None)),
        };
    }

    /// <summary>An offer that stands.</summary>
    public static async Task<EscrowV1.Agreement> Offer(ApiServer server, Person employer, Person talent)
    {
        var request = await Sign(talent, await Prepare(server, talent, Terms(server, employer, talent)));
        return (await server.Escrow.OfferTermsAsync(request, talent.Headers)).Agreement;
    }

    /// <summary>The domain's terms, for scripting what the contract says.</summary>
    public static Terms Read(EscrowV1.Terms terms) => EscrowWire.Terms(terms, defaults: false);
}
