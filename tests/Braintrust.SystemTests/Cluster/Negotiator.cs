using System.Globalization;
using Braintrust.Accounts;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Google.Protobuf;

namespace Braintrust.Cluster;

/// <summary>A freelancer who offers better and better terms of one negotiation.</summary>
internal sealed class Negotiator(Person person, NodeLink node, Address employer, ulong validUntil) : Writer(person)
{
    private string _name = "";

    protected override string Subject => _name;

    public override async Task<string> Read(CancellationToken ct) => Value(await Get(ct));

    protected override async Task<string> Write(CancellationToken ct)
    {
        var prepare = new PrepareTermsRequest { ChainId = node.ChainId, Terms = Terms(Rounds) };
        var prepared = await Call(options => Person.Server.Escrow.PrepareTermsAsync(prepare, options), ct);
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        var offer = new OfferTermsRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = node.ChainId, Terms = prepared.Terms,
            TalentSignature = ByteString.CopyFrom(await Person.Signer.Sign(digest, ct)),
        };
        var answer = await Mutate(
            options => Person.Server.Escrow.OfferTermsAsync(offer, options), told => Value(told.Agreement), ct,
            lasting: told => told.Agreement.Name);
        _name = answer.Agreement.Name;
        return Value(answer.Agreement);
    }

    protected override string Value(Update update) => Value(update.Agreement);

    /// <summary>The etag's first part is of the state; the rest moves with the chain.</summary>
    private static string Value(Agreement agreement) =>
        $"{agreement.Name} {agreement.Etag.Split('-')[0]} {agreement.Offer.Terms.Sequence}";

    private async Task<Agreement> Get(CancellationToken ct)
    {
        var request = new GetAgreementRequest { Name = _name };
        return (await Call(options => Person.Server.Escrow.GetAgreementAsync(request, options), ct)).Agreement;
    }

    private Terms Terms(int sequence) => new()
    {
        Nonce = "1",
        Sequence = sequence.ToString(CultureInfo.InvariantCulture),
        Employer = employer.ToString(),
        Talent = Person.Address.ToString(),
        Token = node.Token.ToString(),
        ReviewWindowSeconds = 3 * 24 * 3600,
        ValidUntilSeconds = validUntil,
        Documents = Hash32.Keccak("the agreed text"u8).ToString(),
        Milestones = { new MilestoneTerms { Amount = $"{1_000_000_000_000_000_000 + sequence}", WorkTimeSeconds = 86_400 } },
    };
}
