using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

public sealed partial class JobsService(
    Callers callers, Employers employers, Reviewers reviewers, ListingReader listings, IFollowedChains chains,
    IGrainFactory grains) : V1.JobsService.JobsServiceBase
{
    private static readonly string[] Editable =
        ["title", "description", "skills", "pricing", "positions", "bids_close_time", "visibility"];

    public override async Task<V1.CreateJobResponse> CreateJob(V1.CreateJobRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = request.Job ?? throw Wire.Bad("job", "A job is required.");
        var content = Followed(JobsWire.Content(job));
        var caller = await callers.Of(context);
        var employer = job.Employer.Length == 0 ? Party.OfAccount(caller.AccountId) : JobsWire.Employer(job.Employer, "job.employer");
        var created = await Job(Ulids.Of(caller.AccountId, key.Id, "job")).Create(caller, key, employer, content);
        return new() { Job = JobsWire.Job(created.OrThrow()) };
    }

    public override async Task<V1.GetJobResponse> GetJob(V1.GetJobRequest request, ServerCallContext context)
    {
        var job = Job(JobsWire.Id(request.Name, "name"));
        var caller = await callers.Of(context);
        return new() { Job = JobsWire.Job((await job.Read(caller, reviewers.Include(caller))).OrThrow()) };
    }

    public override async Task<V1.UpdateJobResponse> UpdateJob(V1.UpdateJobRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var wanted = request.Job ?? throw Wire.Bad("job", "A job is required.");
        var job = Job(JobsWire.Id(wanted.Name, "job.name"));
        var patch = JobsWire.Patch(wanted, Masks.Read(request.UpdateMask, wanted, Editable));
        if (patch.Pricing is { } pricing) Followed(pricing.ChainId);
        var edition = Wire.ExpectedState(wanted.Etag, "job.etag");
        var updated = await job.Update(await callers.Of(context), key, patch, edition);
        return new() { Job = JobsWire.Job(updated.OrThrow()) };
    }

    public override async Task<V1.PostJobResponse> PostJob(V1.PostJobRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = Job(JobsWire.Id(request.Name, "name"));
        return new() { Job = JobsWire.Job((await job.Post(await callers.Of(context), key)).OrThrow()) };
    }

    public override async Task<V1.ReviewJobResponse> ReviewJob(V1.ReviewJobRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = Job(JobsWire.Id(request.Name, "name"));
        if (request.Approve && request.Reason.Length > 0) throw Wire.Bad("reason", "An approval has no reason.");
        var caller = await callers.Of(context);
        if (!reviewers.Include(caller)) throw NotAReviewer.ToRpc();
        return new() { Job = JobsWire.Job((await job.Review(caller, key, request.Approve ? null : request.Reason)).OrThrow()) };
    }

    public override async Task<V1.CloseJobResponse> CloseJob(V1.CloseJobRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = Job(JobsWire.Id(request.Name, "name"));
        return new() { Job = JobsWire.Job((await job.Close(await callers.Of(context), key)).OrThrow()) };
    }

    public override async Task<V1.ListJobsResponse> ListJobs(V1.ListJobsRequest request, ServerCallContext context)
    {
        var caller = await callers.Of(context);
        var own = await Visible(request, caller);
        var page = await listings.Read(
            JobListings.Jobs, caller.AccountId, $"jobs/{request.Employer}/{request.InReview}", own,
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new()
        {
            Jobs = { page.Rows.Select(row => JobsWire.Job(JobRows.Read<JobView>(row))) }, NextPageToken = page.NextPageToken,
        };
    }

    /// <summary>What the service demands of every job it lists to this caller.</summary>
    private async Task<ImmutableArray<ListingCondition>> Visible(V1.ListJobsRequest request, Caller caller)
    {
        if (request.InReview)
            return reviewers.Include(caller)
                ? [ListingCondition.Equal("phase", (long)JobPhase.InReview)]
                : throw NotAReviewer.ToRpc();
        ImmutableArray<ListingCondition> open =
        [
            ListingCondition.Equal("phase", (long)JobPhase.Open),
            ListingCondition.Equal("visibility", (long)JobVisibility.Public),
        ];
        if (request.Employer.Length == 0) return open;
        var employer = ListingCondition.Equal("employer", JobsWire.Employer(request.Employer, "employer"));
        return await employers.ActsFor(caller, request.Employer) ? [employer] : [employer, .. open];
    }

    private IJobGrain Job(string id) => grains.GetGrain<IJobGrain>(id);

    private JobContent Followed(JobContent content)
    {
        Followed(content.Pricing.ChainId);
        return content;
    }

    private void Followed(ulong chainId) => chains.OrThrow(chainId, "job.pricing.chain_id");

    private static Refusal NotAReviewer { get; } =
        new(RefusalCode.PermissionDenied, "Only a reviewer that this server's operator named can do that.");
}
