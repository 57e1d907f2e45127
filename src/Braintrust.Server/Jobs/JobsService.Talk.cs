using System.Collections.Immutable;
using Braintrust.Accounts;
using Grpc.Core;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

public sealed partial class JobsService
{
    public override async Task<V1.InviteTalentResponse> InviteTalent(V1.InviteTalentRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = JobsWire.Id(request.Parent, "parent");
        var talent = Wire.UlidName(request.Talent, "accounts", "talent");
        var caller = await callers.Of(context);
        if ((await grains.GetGrain<IAccountGrain>(talent).Read()).IsRefused)
            throw new Refusal(RefusalCode.NotFound, "There is no such account.", "talent").ToRpc();
        var invited = await Job(job).Invite(caller, key, talent, request.Message);
        return new() { Invitation = JobsWire.Invitation(job, invited.OrThrow()) };
    }

    public override async Task<V1.DeclineInvitationResponse> DeclineInvitation(
        V1.DeclineInvitationRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = JobsWire.Id(request.Parent, "parent");
        var declined = await Job(job).DeclineInvitation(await callers.Of(context), key);
        return new() { Invitation = JobsWire.Invitation(job, declined.OrThrow()) };
    }

    public override async Task<V1.ListInvitationsResponse> ListInvitations(
        V1.ListInvitationsRequest request, ServerCallContext context)
    {
        var caller = await callers.Of(context);
        var page = await listings.Read(
            JobListings.Invitations, caller.AccountId, request.Parent, [await Invited(request.Parent, caller)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new()
        {
            Invitations = { page.Rows.Select(row => JobsWire.Invitation((string)row.Key[0], JobRows.Read<Invitation>(row))) },
            NextPageToken = page.NextPageToken,
        };
    }

    public override async Task<V1.AskQuestionResponse> AskQuestion(V1.AskQuestionRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = JobsWire.Id(request.Parent, "parent");
        var caller = await callers.Of(context);
        var asked = await Job(job).Ask(caller, key, Ulids.Of(caller.AccountId, key.Id, "question"), request.Text);
        return new() { Question = JobsWire.Question(job, asked.OrThrow(), caller.AccountId) };
    }

    public override async Task<V1.AnswerQuestionResponse> AnswerQuestion(
        V1.AnswerQuestionRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (job, question) = JobsWire.ChildId(request.Name, JobsWire.QuestionCollection, "name");
        var caller = await callers.Of(context);
        var answered = await Job(job).Answer(caller, key, question, request.Answer);
        return new() { Question = JobsWire.Question(job, answered.OrThrow(), caller.AccountId) };
    }

    public override async Task<V1.ListQuestionsResponse> ListQuestions(
        V1.ListQuestionsRequest request, ServerCallContext context)
    {
        var job = JobsWire.Id(request.Parent, "parent");
        var caller = await callers.Of(context);
        (await Job(job).Read(caller, reviewers.Include(caller))).OrThrow();
        var page = await listings.Read(
            JobListings.Questions, caller.AccountId, request.Parent, [ListingCondition.Equal("job", job)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new()
        {
            Questions = { page.Rows.Select(row => JobsWire.Question(job, JobRows.Read<Question>(row), caller.AccountId)) },
            NextPageToken = page.NextPageToken,
        };
    }

    /// <summary>The job's, for its employer; the caller's own without a job.</summary>
    private async Task<ListingCondition> Invited(string parent, Caller caller)
    {
        if (parent.Length == 0) return ListingCondition.Equal("talent", caller.AccountId);
        var job = JobsWire.Id(parent, "parent");
        return await Job(job).IsEmployer(caller) ? ListingCondition.Equal("job", job) : throw JobRules.NoJob.ToRpc();
    }
}
