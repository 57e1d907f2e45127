using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

/// <summary>An employer, a talent and a reviewer, and what they do on the way to an agreement.</summary>
public sealed class Hiring(ApiServer server, Person employer, Person talent, Person reviewer)
{
    public const string Day = "2000000000000000000";

    public Person Employer => employer;
    public Person Talent => talent;
    public Person Reviewer => reviewer;

    public static async Task<Hiring> Begin(ApiServer server, int employer = 1, int talent = 2) => new(
        server, await server.SignIn(DevelopmentKeys.Signer(employer)), await server.SignIn(DevelopmentKeys.Signer(talent)),
        await server.SignIn(ApiServer.Reviewer));

    public static string Id() => Guid.NewGuid().ToString();

    public Timestamp In(TimeSpan time) => Timestamp.FromDateTimeOffset(server.Clock.GetUtcNow() + time);

    /// <summary>A job as an employer would write it: fixed price in the token.</summary>
    public V1.Job Written(uint positions = 1) => new()
    {
        Title = "Draw a bridge",
        Description = "Over a small river.",
        Skills = { "drawing", "c++" },
        Pricing = new()
        {
            Kind = V1.PricingKind.Fixed, ChainId = ScriptedSource.ChainId, Token = ScriptedSource.Token.ToString(), Budget = "5000",
        },
        Positions = positions,
        BidsCloseTime = In(TimeSpan.FromDays(10)),
        Visibility = V1.JobVisibility.Public,
    };

    public async Task<V1.Job> Draft(V1.Job job) =>
        (await server.Jobs.CreateJobAsync(new() { RequestId = Id(), Job = job }, employer.Headers)).Job;

    /// <summary>A job that was posted and approved.</summary>
    public async Task<V1.Job> Open(V1.Job? job = null)
    {
        var draft = await Draft(job ?? Written());
        await server.Jobs.PostJobAsync(new() { RequestId = Id(), Name = draft.Name }, employer.Headers);
        var approval = new V1.ReviewJobRequest { RequestId = Id(), Name = draft.Name, Approve = true };
        return (await server.Jobs.ReviewJobAsync(approval, reviewer.Headers)).Job;
    }

    public V1.Bid Written(string amount, uint days = 10) => new()
    {
        Wallet = talent.Address.ToString(),
        Amount = amount,
        DeliveryDays = days,
        Cover = "I have drawn bridges before.",
        ExpireTime = In(TimeSpan.FromDays(20)),
    };

    public async Task<V1.Bid> Bid(V1.Job job, V1.Bid? bid = null)
    {
        var request = new V1.PlaceBidRequest { RequestId = Id(), Parent = job.Name, Bid = bid ?? Written("3000") };
        return (await server.Jobs.PlaceBidAsync(request, talent.Headers)).Bid;
    }

    public async Task<V1.Negotiation> Negotiate(V1.Job job, V1.Bid bid)
    {
        var request = new V1.OpenNegotiationRequest { RequestId = Id(), Job = job.Name, Bid = bid.Name };
        return (await server.Negotiations.OpenNegotiationAsync(request, employer.Headers)).Negotiation;
    }

    /// <summary>The next offer of a negotiation, not sent.</summary>
    public V1.CounterOfferRequest Proposed(V1.Negotiation negotiation, params string[] amounts) => new()
    {
        RequestId = Id(),
        Name = negotiation.Name,
        Previous = negotiation.Offers.LastOrDefault()?.Hash ?? "",
        Terms = Terms(amounts),
        ExpireTime = In(TimeSpan.FromDays(2)),
        Text = "A bridge that stands.",
    };

    public EscrowV1.Terms Terms(params string[] amounts)
    {
        var terms = Deals.Terms(server, employer, talent);
        (terms.Nonce, terms.Sequence, terms.Documents) = ("", "", "");
        terms.Milestones.Clear();
        terms.Milestones.AddRange(amounts.Select(amount => new EscrowV1.MilestoneTerms { Amount = amount, WorkTimeSeconds = 86_400 }));
        return terms;
    }

    public async Task<V1.Negotiation> Offer(Person by, V1.Negotiation negotiation, params string[] amounts) =>
        (await server.Negotiations.CounterOfferAsync(Proposed(negotiation, amounts), by.Headers)).Negotiation;

    public async Task<V1.Negotiation> Accept(Person by, V1.Negotiation negotiation)
    {
        var request = new V1.AcceptOfferRequest { RequestId = Id(), Name = negotiation.Name, Offer = negotiation.Offers[^1].Hash };
        return (await server.Negotiations.AcceptOfferAsync(request, by.Headers)).Negotiation;
    }

    /// <summary>The talent's signature of what was accepted, not sent.</summary>
    public async Task<V1.SignOfferRequest> Signature(V1.Negotiation negotiation)
    {
        var prepared = await server.Negotiations.PrepareSigningAsync(new() { Name = negotiation.Name }, talent.Headers);
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        return new()
        {
            RequestId = Id(),
            Name = negotiation.Name,
            Offer = prepared.Offer,
            TalentSignature = ByteString.CopyFrom(await talent.Signer.Sign(digest, CancellationToken.None)),
        };
    }

    public async Task<V1.Negotiation> Sign(V1.Negotiation negotiation) =>
        (await server.Negotiations.SignOfferAsync(await Signature(negotiation), talent.Headers)).Negotiation;

    public async Task<V1.Negotiation> Read(V1.Negotiation negotiation) =>
        (await server.Negotiations.GetNegotiationAsync(new() { Name = negotiation.Name }, employer.Headers)).Negotiation;

    public async Task<V1.Job> Read(V1.Job job) =>
        (await server.Jobs.GetJobAsync(new() { Name = job.Name }, employer.Headers)).Job;

    public static Terms Read(EscrowV1.Terms terms) => EscrowWire.Terms(terms, defaults: false);
}
