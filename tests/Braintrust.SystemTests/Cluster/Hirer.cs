using System.Globalization;
using Braintrust.Accounts;
using Braintrust.Api.Jobs.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Braintrust.Jobs;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using JobsV1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Cluster;

/// <summary>
/// An employer who posts one job after the other and widens the first, a talent who bids on each and takes back the bid
/// before, and the negotiations about the bids. Knows what every list about them must say.
/// </summary>
internal sealed class Hirer(Person employer, Person talent, Person reviewer, NodeLink node) : Writer(employer)
{
    /// <summary>Small, so that lists have many pages.</summary>
    private const int PageSize = 3;

    private readonly SortedDictionary<string, Job> _jobs = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, JobsV1.Bid> _bids = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Negotiation> _negotiations = new(StringComparer.Ordinal);
    private string _first = "";
    private string _lastBid = "";

    protected override string Subject => _first;

    private JobsService.JobsServiceClient Jobs => Person.Server.Jobs;

    public override async Task<string> Read(CancellationToken ct)
    {
        var request = new GetJobRequest { Name = _first };
        return (await Call(options => Jobs.GetJobAsync(request, options), ct)).Job.ToString();
    }

    public override async Task<IReadOnlyList<string>> Unlike(ServerLink server, CancellationToken ct)
    {
        var lastJob = _bids[_lastBid].Name.Split("/bids/")[0];
        return
        [
            .. Unlike("jobs", _jobs.Values.Select(job => job.ToString()), await ListJobs(server, ct)),
            .. Unlike("bids of a talent", _bids.Values.Select(bid => bid.ToString()), await ListMyBids(server, ct)),
            .. Unlike("bids on a job", [_bids[_lastBid].ToString()], await ListBids(server, lastJob, ct)),
            .. Unlike("negotiations", _negotiations.Values.Select(Told), await ListNegotiations(server, ct)),
        ];
    }

    protected override async Task<string> Write(CancellationToken ct)
    {
        var job = await Post(ct);
        if (_first.Length == 0) _first = job.Name;
        await Bid(job, ct);
        return (await Widen(ct)).ToString();
    }

    protected override string Value(Update update) => update.Job.ToString();

    private async Task<Job> Post(CancellationToken ct)
    {
        var create = JobRequests.Create(node, positions: 1);
        var draft = await Change(options => Jobs.CreateJobAsync(create, options), answer => answer.Job, ct);
        var update = new UpdateJobRequest
        {
            RequestId = JobRequests.Id(), Job = new Job { Name = draft.Name, Title = $"Draw bridge {Rounds}", Etag = draft.Etag },
        };
        await Change(options => Jobs.UpdateJobAsync(update, options), answer => answer.Job, ct);
        var post = JobRequests.Post(draft.Name);
        await Change(options => Jobs.PostJobAsync(post, options), answer => answer.Job, ct);
        var approve = JobRequests.Approve(draft.Name);
        return await Change(options => Jobs.ReviewJobAsync(approve, options), answer => answer.Job, ct, reviewer);
    }

    private async Task Bid(Job job, CancellationToken ct)
    {
        var place = JobRequests.Bid(job.Name, talent);
        var bid = await Bid(options => Jobs.PlaceBidAsync(place, options), answer => answer.Bid, ct);
        _jobs[job.Name].BidCount++;
        var open = JobRequests.Negotiate(job.Name, bid.Name);
        var opened = await Mutate(
            options => Person.Server.Negotiations.OpenNegotiationAsync(open, options), answer => answer.ToString(), ct);
        _negotiations[opened.Negotiation.Name] = opened.Negotiation;
        if (_lastBid.Length > 0)
        {
            var withdraw = new WithdrawBidRequest { RequestId = JobRequests.Id(), Name = _lastBid };
            await Bid(options => Jobs.WithdrawBidAsync(withdraw, options), answer => answer.Bid, ct);
        }

        _lastBid = bid.Name;
    }

    /// <summary>An open job's positions change, up and around.</summary>
    private Task<Job> Widen(CancellationToken ct)
    {
        var update = new UpdateJobRequest
        {
            RequestId = JobRequests.Id(), UpdateMask = FieldMask.FromString("positions"),
            Job = new Job { Name = _first, Positions = (uint)(2 + Rounds % 48), Etag = _jobs[_first].Etag },
        };
        return Change(options => Jobs.UpdateJobAsync(update, options), answer => answer.Job, ct);
    }

    /// <summary>A job is too large to be kept as an answer: later, the same request is answered with the job of then.</summary>
    private async Task<Job> Change<T>(
        Func<CallOptions, AsyncUnaryCall<T>> call, Func<T, Job> job, CancellationToken ct, Person? by = null)
    {
        var changed = job(await Mutate(call, answer => job(answer).ToString(), ct, answer => job(answer).Name, by));
        return _jobs[changed.Name] = changed;
    }

    private async Task<JobsV1.Bid> Bid<T>(Func<CallOptions, AsyncUnaryCall<T>> call, Func<T, JobsV1.Bid> bid, CancellationToken ct)
    {
        var changed = bid(await Mutate(call, answer => bid(answer).ToString(), ct, answer => bid(answer).Name, talent));
        return _bids[changed.Name] = changed;
    }

    private static IEnumerable<string> Unlike(string what, IEnumerable<string> acknowledged, IReadOnlyList<string> listed)
    {
        var expected = acknowledged.ToList();
        foreach (var missing in expected.Except(listed)) yield return $"{what}: {missing} is not listed";
        foreach (var strange in listed.Except(expected)) yield return $"{what}: {strange} is listed, and was not acknowledged";
        if (listed.Count != expected.Count) yield return $"{what}: {listed.Count} are listed, {expected.Count} were acknowledged";
    }

    private static string Told(Negotiation negotiation) => string.Create(CultureInfo.InvariantCulture,
        $"{negotiation.Name} {negotiation.Job} {negotiation.Employer} {negotiation.Talent} {negotiation.Phase} {negotiation.Offers.Count}");

    private Task<IReadOnlyList<string>> ListJobs(ServerLink server, CancellationToken ct) => Pages(Person, (token, options) =>
        server.Jobs.ListJobsAsync(new() { Employer = Person.Account, PageSize = PageSize, PageToken = token }, options),
        page => (page.Jobs.Select(job => job.ToString()), page.NextPageToken), ct);

    private Task<IReadOnlyList<string>> ListMyBids(ServerLink server, CancellationToken ct) => Pages(talent, (token, options) =>
        server.Jobs.ListMyBidsAsync(new() { PageSize = PageSize, PageToken = token }, options),
        page => (page.Bids.Select(bid => bid.ToString()), page.NextPageToken), ct);

    private Task<IReadOnlyList<string>> ListBids(ServerLink server, string job, CancellationToken ct) => Pages(Person, (token, options) =>
        server.Jobs.ListBidsAsync(new() { Parent = job, PageSize = PageSize, PageToken = token }, options),
        page => (page.Bids.Select(bid => bid.ToString()), page.NextPageToken), ct);

    private Task<IReadOnlyList<string>> ListNegotiations(ServerLink server, CancellationToken ct) => Pages(talent, (token, options) =>
        server.Negotiations.ListNegotiationsAsync(new() { PageSize = PageSize, PageToken = token }, options),
        page => (page.Negotiations.Select(one => string.Create(CultureInfo.InvariantCulture,
            $"{one.Name} {one.Job} {one.Employer} {one.Talent} {one.Phase} {one.OfferCount}")), page.NextPageToken), ct);

    private async Task<IReadOnlyList<string>> Pages<T>(
        Person by, Func<string, CallOptions, AsyncUnaryCall<T>> list, Func<T, (IEnumerable<string> Rows, string Next)> read,
        CancellationToken ct)
    {
        var rows = new List<string>();
        var token = "";
        do
        {
            var asked = token;
            (var page, token) = read(await Call(options => list(asked, options), ct, by));
            rows.AddRange(page);
        }
        while (token.Length > 0);

        return rows;
    }
}
