using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Jobs.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using JobsV1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

/// <summary>People on a real server with a real chain, and what they do about one job. Every call outlives a killed server.</summary>
public sealed class Marketplace : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly ServerLink _link;

    private Marketplace(ServerLink link, NodeLink node) => (_link, Node) = (link, node);

    public NodeLink Node { get; }
    public Person Employer { get; private set; } = null!;
    public IReadOnlyList<Person> Talents { get; private set; } = [];
    public Job Job { get; private set; } = null!;
    public List<string> Negotiations { get; } = [];

    public static async Task<Marketplace> Open(ServerProcess server, int positions, int negotiations)
    {
        var link = new ServerLink(server.Url, Soon);
        var market = new Marketplace(link, await NodeLink.Open(link, default));
        var people = Enumerable.Range(0, 5).Select(i => new Person("p" + i, DevelopmentKeys.Signer(i), link)).ToArray();
        foreach (var person in people) await person.SignIn(market.Node.ChainId, default);
        (market.Employer, market.Talents) = (people[1], people[2..]);
        await market.Post(people[0], positions);
        var bids = new List<JobsV1.Bid>();
        foreach (var talent in market.Talents) bids.Add(await market.Place(talent));
        for (var i = 0; i < negotiations; i++)
        {
            var request = JobRequests.Negotiate(market.Job.Name, bids[i % bids.Count].Name);
            var opened = await market.Employer.Call(options => link.Negotiations.OpenNegotiationAsync(request, options), default);
            market.Negotiations.Add(opened.Negotiation.Name);
        }

        return market;
    }

    public Person Talent(string negotiation) => Talents[Negotiations.IndexOf(negotiation) % Talents.Count];

    public async Task<Negotiation> Read(string name)
    {
        var request = new GetNegotiationRequest { Name = name };
        return (await Employer.Call(options => _link.Negotiations.GetNegotiationAsync(request, options), default)).Negotiation;
    }

    public async Task<Job> ReadJob()
    {
        var request = new GetJobRequest { Name = Job.Name };
        return (await Employer.Call(options => _link.Jobs.GetJobAsync(request, options), default)).Job;
    }

    /// <param name="validSeconds">For which the terms can be funded, by the chain's clock.</param>
    public async Task Offer(Person by, Negotiation negotiation, ulong validSeconds)
    {
        var talent = Talent(negotiation.Name);
        var request = new CounterOfferRequest
        {
            RequestId = JobRequests.Id(),
            Name = negotiation.Name,
            Previous = negotiation.Offers.LastOrDefault()?.Hash ?? "",
            ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1)),
            Text = $"Offer {negotiation.Offers.Count}.",
            Terms = new Api.Escrow.V1.Terms
            {
                Employer = Employer.Address.ToString(),
                Talent = talent.Address.ToString(),
                Token = Node.Token.ToString(),
                ReviewWindowSeconds = 5 * 24 * 3600,
                ValidUntilSeconds = (await Node.Head(default)).Time.Seconds + validSeconds,
                Milestones = { new MilestoneTerms { Amount = JobRequests.Price, WorkTimeSeconds = 24 * 3600 } },
            },
        };
        await by.Call(options => _link.Negotiations.CounterOfferAsync(request, options), default);
    }

    public Task Accept(Person by, string negotiation, string offer)
    {
        var request = new AcceptOfferRequest { RequestId = JobRequests.Id(), Name = negotiation, Offer = offer };
        return by.Call(options => _link.Negotiations.AcceptOfferAsync(request, options), default);
    }

    public Task Withdraw(Person by, string negotiation)
    {
        var request = new WithdrawNegotiationRequest { RequestId = JobRequests.Id(), Name = negotiation };
        return by.Call(options => _link.Negotiations.WithdrawNegotiationAsync(request, options), default);
    }

    public async Task Sign(string negotiation)
    {
        var talent = Talent(negotiation);
        var asked = new PrepareSigningRequest { Name = negotiation };
        var prepared = await talent.Call(options => _link.Negotiations.PrepareSigningAsync(asked, options), default);
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        Assert.Equal(prepared.Offer, digest.ToString());
        var signature = ByteString.CopyFrom(await talent.Signer.Sign(digest, default));
        var request = new SignOfferRequest { RequestId = JobRequests.Id(), Name = negotiation, Offer = prepared.Offer, TalentSignature = signature };
        await talent.Call(options => _link.Negotiations.SignOfferAsync(request, options), default);
    }

    /// <summary>Funds what was signed, the token's approval first when one is needed.</summary>
    public async Task Fund(Negotiation negotiation)
    {
        var request = new PrepareMoveRequest
        {
            Name = negotiation.Agreement, Wallet = Employer.Address.ToString(), Move = Move.Fund, Count = 1,
        };
        var prepared = await Prepare();
        if (prepared.Approval is { } approval)
        {
            await Send(approval);
            prepared = await Prepare();
        }

        await Send(prepared.Transaction);

        Task<PrepareMoveResponse> Prepare() => Employer.Call(options => _link.Escrow.PrepareMoveAsync(request, options), default);
    }

    /// <summary>Moves the chain's clock, mines until that is final, and waits until the server saw it.</summary>
    public async Task Pass(TimeSpan time)
    {
        await Node.Pull(chain => chain.AdvanceTime(time, default), default);
        await Node.Pull(chain => chain.Mine(1 + (int)Node.Told.ConfirmationsNeeded, default), default);
        var passed = (await Node.Head(default)).Number - Node.Told.ConfirmationsNeeded;
        await Eventually.Holds(() => Node.Seen(default), seen => seen.FinalNumber >= passed, Soon, $"final block {passed}");
    }

    public Task<Report> Reconcile() => new Reconciliation(_link, Node).Run(default);

    public void Dispose()
    {
        Node.Dispose();
        _link.Dispose();
    }

    private async Task Send(UnsignedTransaction transaction)
    {
        var signed = await new Eip1559Transaction(
            transaction.ChainId, transaction.Nonce, BigInteger.Parse(transaction.MaxPriorityFeePerGas),
            BigInteger.Parse(transaction.MaxFeePerGas), transaction.GasLimit, Address.Parse(transaction.To), 0,
            transaction.Data.ToByteArray()).Sign(Employer.Signer, default);
        var request = new SubmitTransactionRequest
        {
            RequestId = JobRequests.Id(), ChainId = transaction.ChainId, RawTransaction = ByteString.CopyFrom(signed.Raw.Span),
        };
        var operation = (await Employer.Call(options => _link.Chains.SubmitTransactionAsync(request, options), default)).Operation;
        var asked = new GetOperationRequest { Name = operation.Name };
        await Eventually.Holds(
            async () => (await Employer.Call(options => _link.Chains.GetOperationAsync(asked, options), default)).Operation,
            seen => seen.Done, Soon, "a final transaction");
    }

    private async Task Post(Person reviewer, int positions)
    {
        var create = JobRequests.Create(Node, positions);
        Job = (await Employer.Call(options => _link.Jobs.CreateJobAsync(create, options), default)).Job;
        var post = JobRequests.Post(Job.Name);
        await Employer.Call(options => _link.Jobs.PostJobAsync(post, options), default);
        var review = JobRequests.Approve(Job.Name);
        Job = (await reviewer.Call(options => _link.Jobs.ReviewJobAsync(review, options), default)).Job;
    }

    private async Task<JobsV1.Bid> Place(Person talent)
    {
        var request = JobRequests.Bid(Job.Name, talent);
        return (await talent.Call(options => _link.Jobs.PlaceBidAsync(request, options), default)).Bid;
    }
}
