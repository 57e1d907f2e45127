using Braintrust.Accounts;
using Braintrust.Escrow;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using ChainV1 = Braintrust.Api.Chain.V1;
using DisputesV1 = Braintrust.Api.Disputes.V1;
using DocumentsV1 = Braintrust.Api.Documents.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using GovernanceV1 = Braintrust.Api.Governance.V1;
using JobsV1 = Braintrust.Api.Jobs.V1;
using ReputationV1 = Braintrust.Api.Reputation.V1;
using ServerV1 = Braintrust.Api.Server.V1;
using TalentV1 = Braintrust.Api.Talent.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Web;

/// <summary>Something of everything, and one call to read each of it.</summary>
/// <param name="Caller">Who may read all of it.</param>
public sealed record EncodedStory(Person Caller, IReadOnlyList<EncodedCall> Calls)
{
    /// <summary>The first number that a double cannot hold.</summary>
    public const ulong Wide = (1UL << 53) + 1;

    public static async Task<EncodedStory> Play(WebFixture web)
    {
        // The first development account reviews jobs here.
        var (employer, talent) = (await web.SignIn("Employer", 0), await web.SignIn("Talent", 2));
        var story = new Author(web, employer, talent);
        var agreement = await story.Agreement();
        var document = await story.Talk(agreement);
        var job = await story.Job();
        IMessage[] requests =
        [
            new ServerV1.GetServerInfoRequest(),
            new AccountsV1.GetAccountRequest(),
            new AccountsV1.GetOrganisationRequest { Name = await story.Organisation() },
            new ChainV1.GetOperationRequest { Name = await story.Operation() },
            new EscrowV1.GetAgreementRequest { Name = agreement },
            new DisputesV1.GetArbiterRequest { Name = $"arbiters/{web.Node.ChainId}-{talent.Address}" },
            new DocumentsV1.GetDocumentRequest { Name = document, Subject = agreement },
            new DocumentsV1.ListMessagesRequest { Parent = "threads/" + agreement },
            new JobsV1.GetJobRequest { Name = job },
            new JobsV1.GetNegotiationRequest { Name = await story.Negotiation(job) },
            new TalentV1.GetProfileRequest { Name = await story.Profile() },
            new GovernanceV1.GetPolicyRequest { Name = $"policies/{web.Node.ChainId}" },
            new ReputationV1.GetReputationRequest { Name = $"reputations/{web.Node.ChainId}-{talent.Address}" },
            new ReputationV1.ListReviewsRequest
            {
                Parent = $"reputations/{web.Node.ChainId}-{talent.Address}", By = ReputationV1.ReviewSide.Talent,
            },
            new ReputationV1.ListCredentialsRequest { Parent = $"reputations/{web.Node.ChainId}-{talent.Address}" },
            new WatchV1.WatchRequest { Subjects = { "accounts/me" } },
        ];
        return new EncodedStory(employer, [.. requests.Select(EncodedCall.Of)]);
    }

    private sealed class Author(WebFixture web, Person employer, Person talent)
    {
        public async Task<string> Agreement()
        {
            var stage = new WorkStage(web.Link, web.Node, new Timeline(json: false, TextWriter.Null));
            return (await stage.Offer(talent, await web.Terms(employer, talent), CancellationToken.None)).Name;
        }

        public async Task<string> Talk(string agreement)
        {
            var put = new DocumentsV1.PutDocumentRequest
            {
                RequestId = Id(), Subject = agreement, MediaType = "application/pdf", DisplayName = "Every byte",
                Content = ByteString.CopyFrom([.. Enumerable.Range(0, 256).Select(value => (byte)value)]),
            };
            var document = (await Call(talent, options => web.Link.Documents.PutDocumentAsync(put, options))).Document.Name;
            var post = new DocumentsV1.PostMessageRequest
            {
                RequestId = Id(), Parent = "threads/" + agreement, Text = "Größe: 3 < 4 & \"日本\"", Documents = { document },
            };
            await Call(employer, options => web.Link.Threads.PostMessageAsync(post, options));
            return document;
        }

        public async Task<string> Organisation()
        {
            var create = new AccountsV1.CreateOrganisationRequest { RequestId = Id(), Organisation = new() { DisplayName = "An organisation" } };
            return (await Call(employer, options => web.Link.Organisations.CreateOrganisationAsync(create, options))).Organisation.Name;
        }

        public async Task<string> Operation()
        {
            var follow = new ChainV1.FollowTransactionRequest
            {
                RequestId = Id(), ChainId = web.Node.ChainId, Sender = employer.Address.ToString(), Nonce = Wide,
                TransactionHash = Hash32.Keccak(Guid.NewGuid().ToByteArray()).ToString(),
            };
            return (await Call(employer, options => web.Link.Chains.FollowTransactionAsync(follow, options))).Operation.Name;
        }

        public async Task<string> Job()
        {
            var create = new JobsV1.CreateJobRequest { RequestId = Id(), Job = web.Job("Draw a tunnel") };
            var job = (await Call(employer, options => web.Link.Jobs.CreateJobAsync(create, options))).Job.Name;
            await Call(employer, options => web.Link.Jobs.PostJobAsync(new() { RequestId = Id(), Name = job }, options));
            await Call(employer, options => web.Link.Jobs.ReviewJobAsync(new() { RequestId = Id(), Name = job, Approve = true }, options));
            return job;
        }

        public async Task<string> Negotiation(string job)
        {
            var place = new JobsV1.PlaceBidRequest
            {
                RequestId = Id(), Parent = job, Bid = new()
                {
                    Wallet = talent.Address.ToString(), Amount = "3000", DeliveryDays = 10, Cover = "I have drawn tunnels before.",
                    ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(5)),
                },
            };
            var bid = (await Call(talent, options => web.Link.Jobs.PlaceBidAsync(place, options))).Bid.Name;
            var open = new JobsV1.OpenNegotiationRequest { RequestId = Id(), Job = job, Bid = bid };
            return (await Call(employer, options => web.Link.Negotiations.OpenNegotiationAsync(open, options))).Negotiation.Name;
        }

        public async Task<string> Profile()
        {
            var update = new TalentV1.UpdateProfileRequest
            {
                RequestId = Id(), Profile = new()
                {
                    Name = talent.Account.Replace("accounts/", "talents/", StringComparison.Ordinal), DisplayName = "Talent",
                    Visibility = TalentV1.Visibility.Listed,
                },
            };
            return (await Call(talent, options => web.Link.Talents.UpdateProfileAsync(update, options))).Profile.Name;
        }

        private static Task<T> Call<T>(Person by, Func<CallOptions, AsyncUnaryCall<T>> call) => by.Call(call, CancellationToken.None);

        private static string Id() => Guid.NewGuid().ToString();
    }
}
