using System.Numerics;
using System.Text;
using Braintrust.Accounts;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Documents.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Api.Talent.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Watch;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using BraintrustToken = Braintrust.Chain.Contracts.BraintrustTokenContract;
using JobsV1 = Braintrust.Api.Jobs.V1;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Jobs;

/// <summary>
/// An organisation hires: a job is reviewed and listed, people bid, two sides come to terms, and a week of hours is
/// funded, delivered with its timesheet and paid, each payment after a second member approved it.
/// </summary>
public sealed class HiringDemo(ServerLink server, NodeLink node, Timeline timeline)
{
    private const uint HoursPerWeek = 20;
    private const uint WeekSeconds = 7 * 24 * 3600;
    private const uint ReviewWindowSeconds = 3 * 24 * 3600;
    private const ulong ValiditySeconds = 7 * 24 * 3600;
    private const int Weeks = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly UInt128 OneBtrst = 1_000_000_000_000_000_000;

    /// <summary>Of an hour: the employer's budget, its first offer, and what they agree on.</summary>
    private static readonly (UInt128 Budget, UInt128 First, UInt128 Agreed) Rate = (65 * OneBtrst, 55 * OneBtrst, 60 * OneBtrst);

    /// <summary>Larger payments need a second member.</summary>
    private static readonly UInt128 ApprovalLimit = 500 * OneBtrst;

    /// <summary>17.5 hours of the capped week were worked.</summary>
    private static readonly UInt128 Worked = Rate.Agreed * 35 / 2;

    private readonly WorkStage _stage = new(server, node, timeline);
    private readonly Person _reviewer = new("Reviewer", DevelopmentKeys.Signer(0), server);
    private readonly Person _owner = new("Owner", DevelopmentKeys.Signer(5), server);
    private readonly Person _manager = new("Manager", DevelopmentKeys.Signer(6), server);
    private readonly Person _finance = new("Finance", DevelopmentKeys.Signer(7), server);
    private readonly Person _talent = new("Freelancer 3", DevelopmentKeys.Signer(8), server);
    private readonly Person _rival = new("Freelancer 4", DevelopmentKeys.Signer(3), server);

    /// <exception cref="VerbFailedException">Something did not go as it should.</exception>
    public async Task Play(CancellationToken ct)
    {
        foreach (var person in (Person[])[_reviewer, _owner, _manager, _finance, _talent, _rival])
        {
            await person.SignIn(node.ChainId, ct);
            timeline.Tell(Tale.Act, person.Name, $"signs in with {person.Address}", ("address", person.Address.ToString()));
        }

        var before = await Balances(ct);
        await Introduce(ct);
        var organisation = await Organise(ct);
        var job = await Post(organisation, ct);
        await using var watch = new Lookout(_rival, timeline, job);
        var bid = await Bid(job, ct);
        var (negotiation, deal) = await ComeToTerms(job, bid, ct);
        await FundFirstWeek(organisation, negotiation, deal, ct);
        await PayTheWeek(organisation, deal, ct);
        await Check(before, deal, ct);
    }

    private async Task Introduce(CancellationToken ct)
    {
        var update = new UpdateProfileRequest
        {
            RequestId = NewId(),
            Profile = new TalentProfile
            {
                Name = _talent.Account.Replace("accounts/", "talents/", StringComparison.Ordinal), DisplayName = _talent.Name,
                Headline = "Distributed systems in C#", TimeZone = "Europe/Oslo", Visibility = Visibility.Listed,
                Skills = { new Skill { Skill_ = "csharp", Years = 9 }, new Skill { Skill_ = "orleans", Years = 5 } },
                HourlyRate = new HourlyRate { ChainId = node.ChainId, Token = node.Token.ToString(), Sum = Rate.Budget.ToString() },
                Languages = { new Language { LanguageCode = "en", Level = LanguageLevel.Proficient } },
                Availability = new Availability { HoursPerWeek = HoursPerWeek, From = "2026-01-05" },
            },
        };
        await _talent.Call(o => server.Talents.UpdateProfileAsync(update, o), ct);
        var search = new ListTalentsRequest { Filter = $"skills:orleans AND hours_per_week >= {HoursPerWeek}" };
        var found = (await _manager.Call(o => server.Talents.ListTalentsAsync(search, o), ct)).Talents;
        if (found.All(talent => talent.Name != update.Profile.Name)) throw new VerbFailedException("The profile just written is not listed.");
        timeline.Tell(Tale.Act, _talent.Name, "writes a profile: csharp, orleans, 20 hours a week", ("talent", update.Profile.Name));
    }

    private async Task<string> Organise(CancellationToken ct)
    {
        var create = new CreateOrganisationRequest
        {
            RequestId = NewId(), Organisation = new() { DisplayName = "Demo organisation", Website = "https://demo.example" },
        };
        var name = (await _owner.Call(o => server.Organisations.CreateOrganisationAsync(create, o), ct)).Organisation.Name;
        foreach (var (person, role) in new[] { (_manager, OrganisationRole.HiringManager), (_finance, OrganisationRole.FinanceApprover) })
        {
            var invite = new InviteMemberRequest { RequestId = NewId(), Name = name, Account = person.Account, Roles = { role } };
            await _owner.Call(o => server.Organisations.InviteMemberAsync(invite, o), ct);
            var accept = new AcceptInvitationRequest { RequestId = NewId(), Name = name };
            await person.Call(o => server.Organisations.AcceptInvitationAsync(accept, o), ct);
        }

        var payer = new AddPayerWalletRequest { RequestId = NewId(), Name = name, Wallet = _finance.Address.ToString() };
        await _owner.Call(o => server.Organisations.AddPayerWalletAsync(payer, o), ct);
        var limit = new SetApprovalLimitRequest
        {
            RequestId = NewId(), Name = name, ChainId = node.ChainId, Token = node.Token.ToString(), Sum = ApprovalLimit.ToString(),
        };
        await _owner.Call(o => server.Organisations.SetApprovalLimitAsync(limit, o), ct);
        timeline.Tell(Tale.Act, _owner.Name,
            $"opens the demo organisation: a hiring manager, finance pays, above {Money.Btrst(ApprovalLimit)} a second member approves",
            ("organisation", name));
        return name;
    }

    private async Task<string> Post(string organisation, CancellationToken ct)
    {
        var create = new JobsV1.CreateJobRequest
        {
            RequestId = NewId(),
            Job = new JobsV1.Job
            {
                Employer = organisation, Title = "Port the quay scheduler to Orleans", Positions = 1, Skills = { "csharp", "orleans" },
                Description = "Two weeks of pairing with the crew that runs it.", Visibility = JobsV1.JobVisibility.Public,
                BidsCloseTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(7)),
                Pricing = new JobsV1.Pricing
                {
                    Kind = JobsV1.PricingKind.Hourly, ChainId = node.ChainId, Token = node.Token.ToString(), Budget = Rate.Budget.ToString(),
                    HoursPerWeekMax = HoursPerWeek, Weeks = Weeks,
                },
            },
        };
        await _stage.Refused(_talent, "posting for an organisation of others", ErrorReason.RoleRequired,
            () => _talent.Call(o => server.Jobs.CreateJobAsync(create, o), ct), ct);
        var job = (await _manager.Call(o => server.Jobs.CreateJobAsync(create, o), ct)).Job.Name;
        var post = new JobsV1.PostJobRequest { RequestId = NewId(), Name = job };
        await _manager.Call(o => server.Jobs.PostJobAsync(post, o), ct);
        timeline.Tell(Tale.Act, _manager.Name, $"hands in a job of {HoursPerWeek} hours a week for {Weeks} weeks, at most {Money.Btrst(Rate.Budget)} an hour",
            ("job", job));

        var review = new JobsV1.ReviewJobRequest { RequestId = NewId(), Name = job, Approve = true };
        await _stage.Refused(_talent, "approving a job", ErrorReason.PermissionDenied,
            () => _talent.Call(o => server.Jobs.ReviewJobAsync(review, o), ct), ct);
        if (await IsListed(job, ct)) throw new VerbFailedException($"{job} is listed before its review.");
        await _reviewer.Call(o => server.Jobs.ReviewJobAsync(review, o), ct);
        if (!await IsListed(job, ct)) throw new VerbFailedException($"{job} is not listed though it was approved.");
        timeline.Tell(Tale.Act, _reviewer.Name, "approves the job: everybody finds it now", ("job", job));
        return job;
    }

    private async Task<bool> IsListed(string job, CancellationToken ct)
    {
        var search = new JobsV1.ListJobsRequest { Filter = $"skills:orleans AND pricing.budget <= {Rate.Budget}", OrderBy = "create_time desc" };
        return (await _talent.Call(o => server.Jobs.ListJobsAsync(search, o), ct)).Jobs.Any(found => found.Name == job);
    }

    private async Task<string> Bid(string job, CancellationToken ct)
    {
        var ask = new JobsV1.AskQuestionRequest { RequestId = NewId(), Parent = job, Text = "Which clustering do you run today?" };
        var question = (await _talent.Call(o => server.Jobs.AskQuestionAsync(ask, o), ct)).Question.Name;
        var answer = new JobsV1.AnswerQuestionRequest { RequestId = NewId(), Name = question, Answer = "PostgreSQL, three silos." };
        await _manager.Call(o => server.Jobs.AnswerQuestionAsync(answer, o), ct);

        var mine = await Place(_talent, job, Rate.Budget, 14, ct);
        var other = await Place(_rival, job, Rate.Agreed, 30, ct);
        var again = new JobsV1.PlaceBidRequest { RequestId = NewId(), Parent = job, Bid = Offered(_rival, Rate.First, 30) };
        await _stage.Refused(_rival, "bidding twice", ErrorReason.BidExists,
            () => _rival.Call(o => server.Jobs.PlaceBidAsync(again, o), ct), ct);

        var compare = new JobsV1.CompareBidsRequest { Parent = job, Bids = { mine, other } };
        var compared = (await _manager.Call(o => server.Jobs.CompareBidsAsync(compare, o), ct)).Bids;
        foreach (var bid in compared)
            timeline.Tell(Tale.Act, _manager.Name,
                $"compares {Money.Btrst(Money.Parse(bid.Bid.Amount))} an hour (rank {bid.AmountRank}) in {bid.Bid.DeliveryDays} days (rank {bid.DaysRank})",
                ("bid", bid.Bid.Name));
        await _manager.Call(o => server.Jobs.ShortlistBidAsync(new JobsV1.ShortlistBidRequest { RequestId = NewId(), Name = mine }, o), ct);
        var decline = new JobsV1.DeclineBidRequest { RequestId = NewId(), Name = other, Reason = "We need it within two weeks." };
        await _manager.Call(o => server.Jobs.DeclineBidAsync(decline, o), ct);
        return mine;
    }

    private async Task<string> Place(Person by, string job, UInt128 rate, uint days, CancellationToken ct)
    {
        var request = new JobsV1.PlaceBidRequest { RequestId = NewId(), Parent = job, Bid = Offered(by, rate, days) };
        var bid = (await by.Call(o => server.Jobs.PlaceBidAsync(request, o), ct)).Bid;
        timeline.Tell(Tale.Act, by.Name, $"bids {Money.Btrst(rate)} an hour, {days} days", ("bid", bid.Name));
        return bid.Name;
    }

    private static JobsV1.Bid Offered(Person by, UInt128 rate, uint days) => new()
    {
        Wallet = by.Address.ToString(), Amount = rate.ToString(), DeliveryDays = days, Cover = "I have done this before.",
        ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(7)),
    };

    private async Task<(string Negotiation, Deal Deal)> ComeToTerms(string job, string bid, CancellationToken ct)
    {
        var open = new JobsV1.OpenNegotiationRequest { RequestId = NewId(), Job = job, Bid = bid };
        var name = (await _manager.Call(o => server.Negotiations.OpenNegotiationAsync(open, o), ct)).Negotiation.Name;
        await using var watch = new Lookout(_talent, timeline, name);
        var first = await Offer(_manager, name, "", Rate.First, ct);
        var counter = await Offer(_talent, name, first.Hash, Rate.Agreed, ct);
        await _stage.Refused(_talent, "accepting what was already countered", ErrorReason.OfferOutdated,
            () => Accept(_talent, name, first.Hash, ct), ct);
        await Accept(_manager, name, counter.Hash, ct);
        timeline.Tell(Tale.Act, _manager.Name, $"accepts exactly {counter.Hash}", ("negotiation", name), ("offer", counter.Hash));

        // The freelancer's wallet signs what it offered itself, hashed by itself, whatever the server says.
        var prepared = await _talent.Call(o => server.Negotiations.PrepareSigningAsync(new JobsV1.PrepareSigningRequest { Name = name }, o), ct);
        var terms = TermsDesk.FromWire(prepared.Terms);
        var digest = TermsDesk.Hash(terms, node.ChainId, node.Escrow);
        if (digest.ToString() != counter.Hash || prepared.Offer != counter.Hash || TypedData.Parse(prepared.TypedDataJson).Digest != digest)
            throw new VerbFailedException("Not signed: the server asks for a signature of other terms than were accepted.");
        var signature = await _talent.Signer.Sign(digest, ct);
        var sign = new JobsV1.SignOfferRequest
        {
            RequestId = NewId(), Name = name, Offer = counter.Hash, TalentSignature = ByteString.CopyFrom(signature),
        };
        var signed = (await _talent.Call(o => server.Negotiations.SignOfferAsync(sign, o), ct)).Negotiation;
        timeline.Tell(Tale.Act, _talent.Name, $"signs them; {signed.Agreement} can be funded", ("agreement", signed.Agreement));
        return (name, new Deal(_talent, terms, signed.Agreement, signature));
    }

    private async Task<JobsV1.Offer> Offer(Person by, string negotiation, string previous, UInt128 rate, CancellationToken ct)
    {
        var head = await node.Head(ct);
        var validUntil = head.Time.Seconds + ValiditySeconds;
        var request = new JobsV1.CounterOfferRequest
        {
            RequestId = NewId(), Name = negotiation, Previous = previous, Text = "Port the scheduler; hours by timesheet.",
            ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1)),
            HoursPerWeek = HoursPerWeek, HourlyRate = rate.ToString(),
            Terms = new V1.Terms
            {
                Employer = _finance.Address.ToString(), Manager = _manager.Address.ToString(), Talent = _talent.Address.ToString(),
                Token = node.Token.ToString(), ReviewWindowSeconds = ReviewWindowSeconds, ValidUntilSeconds = validUntil,
            },
        };
        for (var week = 0; week < Weeks; week++)
            request.Terms.Milestones.Add(new V1.MilestoneTerms { Amount = (rate * HoursPerWeek).ToString(), WorkTimeSeconds = WeekSeconds });
        var offer = (await by.Call(o => server.Negotiations.CounterOfferAsync(request, o), ct)).Negotiation.Offers[^1];
        timeline.Tell(Tale.Act, by.Name, $"offers {Money.Btrst(rate)} an hour: {offer.Hash}", ("negotiation", negotiation), ("offer", offer.Hash));
        return offer;
    }

    private Task<JobsV1.AcceptOfferResponse> Accept(Person by, string negotiation, string offer, CancellationToken ct)
    {
        var request = new JobsV1.AcceptOfferRequest { RequestId = NewId(), Name = negotiation, Offer = offer };
        return by.Call(o => server.Negotiations.AcceptOfferAsync(request, o), ct);
    }

    private async Task FundFirstWeek(string organisation, string negotiation, Deal deal, CancellationToken ct)
    {
        var fund = new Step("funding of week 1", V1.Move.Fund, 0, Law.Fund.Encode(deal.Terms, deal.Signature, 1), Count: 1);
        await _stage.Refused(_finance, "funding without a second member", ErrorReason.ApprovalRequired,
            () => _stage.Prepare(_finance, deal.Name, fund, ct), ct);
        await Approve(organisation, deal, fund, deal.Price(1), asks: _finance, approves: _owner, ct);
        await _stage.Move(_finance, deal, fund, seen => seen.Final && seen.MilestonesFunded == 1, ct);

        var told = await _talent.Call(o => server.Negotiations.GetNegotiationAsync(new JobsV1.GetNegotiationRequest { Name = negotiation }, o), ct);
        if (told.Negotiation.Funded != told.Negotiation.Accepted)
            throw new VerbFailedException($"Signed and accepted was {told.Negotiation.Accepted}, funded {told.Negotiation.Funded}.");
    }

    private async Task PayTheWeek(string organisation, Deal deal, CancellationToken ct)
    {
        var timesheet = await Timesheet(deal, ct);
        var submit = new Step("timesheet of week 1", V1.Move.Submit, 0, Law.Submit.Encode(deal.Terms, 0, Worked, timesheet), Evidence: timesheet, Sum: Worked);
        await _stage.Move(_talent, deal, submit, seen => seen.Final && seen.Phase == V1.AgreementPhase.Submitted, ct);

        var release = new Step("payment of week 1", V1.Move.Release, 0, Law.Release.Encode(deal.Terms, 0, Worked), Sum: Worked);
        await _stage.Refused(_manager, "paying without a second member", ErrorReason.ApprovalRequired,
            () => _stage.Prepare(_manager, deal.Name, release, ct), ct);
        await Approve(organisation, deal, release, Worked, asks: _manager, approves: _finance, ct);
        await _stage.Move(_manager, deal, release, seen => seen.Final && seen.MilestoneIndex == 1, ct);
    }

    private async Task Approve(
        string organisation, Deal deal, Step step, BigInteger sum, Person asks, Person approves, CancellationToken ct)
    {
        var ask = new RequestApprovalRequest
        {
            RequestId = NewId(), Parent = organisation, Agreement = deal.Name, Move = step.Move,
            MilestoneIndex = (uint)step.Milestone, Sum = Money.Wire(sum),
        };
        var approval = (await asks.Call(o => server.Organisations.RequestApprovalAsync(ask, o), ct)).Approval.Name;
        await _stage.Refused(asks, "approving the own request", ErrorReason.RoleRequired, () => Answer(asks), ct);
        await Answer(approves);
        timeline.Tell(Tale.Act, approves.Name, $"approves the {step.What}: {Money.Btrst(sum)}", ("approval", approval));

        Task<ApprovePaymentResponse> Answer(Person by)
        {
            var approve = new ApprovePaymentRequest { RequestId = NewId(), Name = approval };
            return by.Call(o => server.Organisations.ApprovePaymentAsync(approve, o), ct);
        }
    }

    /// <summary>The timesheet stands with the agreement by its hash, which the delivery names on chain.</summary>
    private async Task<Hash32> Timesheet(Deal deal, CancellationToken ct)
    {
        var content = """{"week":1,"hours":[["mon","4"],["tue","4"],["wed","4"],["thu","4"],["fri","1.5"]]}""";
        var put = new PutDocumentRequest
        {
            RequestId = NewId(), Subject = deal.Name, Content = ByteString.CopyFromUtf8(content), MediaType = "application/json",
            DisplayName = "Timesheet of week 1",
        };
        var document = (await _talent.Call(o => server.Documents.PutDocumentAsync(put, o), ct)).Document.Name;
        var hash = Hash32.Keccak(Encoding.UTF8.GetBytes(content));
        if (document != $"documents/{hash}") throw new VerbFailedException($"The server stored {document} for {hash}.");
        var message = new PostMessageRequest
        {
            RequestId = NewId(), Parent = "threads/" + deal.Name, Text = "Week 1: 17.5 hours.", Documents = { document },
        };
        await _talent.Call(o => server.Threads.PostMessageAsync(message, o), ct);
        timeline.Tell(Tale.Act, _talent.Name, $"files the timesheet of 17.5 hours: {hash}", ("document", document));

        var get = new GetDocumentRequest { Name = document, Subject = deal.Name };
        await _stage.Refused(_rival, "reading a timesheet of others", ErrorReason.NotAParty,
            () => _rival.Call(o => server.Documents.GetDocumentAsync(get, o), ct), ct);
        var read = (await _manager.Call(o => server.Documents.GetDocumentAsync(get, o), ct)).Content;
        return read == put.Content ? hash : throw new VerbFailedException("The manager reads another timesheet than was filed.");
    }

    private async Task Check(BigInteger[] before, Deal deal, CancellationToken ct)
    {
        await _stage.Settled(_talent, deal, Paid, ct);
        var fee = deal.Fee(0) * Worked / deal.Amount(0);
        await IsListed(_talent, V1.AgreementSide.Talent, deal, ct);
        await IsListed(_manager, V1.AgreementSide.Employer, deal, ct);
        var after = await Balances(ct);
        (string Who, BigInteger Expected)[] changes = [(_finance.Name, -(Worked + fee)), (_talent.Name, Worked), ("Escrow", fee)];
        for (var i = 0; i < changes.Length; i++) _stage.Balance(changes[i].Who, before[i], after[i], changes[i].Expected);

        static bool Paid(V1.Agreement seen) => seen.Final && seen.MilestoneIndex == 1;
    }

    /// <summary>A projection of the ledger lists it within about a second of its block.</summary>
    private async Task IsListed(Person by, V1.AgreementSide side, Deal deal, CancellationToken ct)
    {
        var request = new V1.ListAgreementsRequest { Side = side };
        V1.AgreementOverview? listed;
        for (var giveUp = DateTimeOffset.UtcNow + server.Patience; ; await Task.Delay(Pause, ct))
        {
            listed = (await by.Call(o => server.Escrow.ListAgreementsAsync(request, o), ct)).Agreements.FirstOrDefault(a => a.Name == deal.Name);
            if (listed is not null && Money.Parse(listed.PaidToTalent) == Worked) break;
            if (DateTimeOffset.UtcNow > giveUp) throw new VerbFailedException($"{by.Name} does not find {deal.Name} in the list.");
        }

        timeline.Tell(Tale.Agreement, by.Name,
            $"  finds it among {(side == V1.AgreementSide.Talent ? "its work" : "its hires")}: paid {Money.Btrst(Money.Parse(listed.PaidToTalent))}",
            ("name", deal.Name));
    }

    private Task<BigInteger[]> Balances(CancellationToken ct) =>
        Task.WhenAll(((Address[])[_finance.Address, _talent.Address, node.Escrow]).Select(holder =>
            node.Ask(chain => BraintrustToken.BalanceOf.Call(chain, node.Token, holder, BlockId.Latest, ct), ct)));

    private static string NewId() => Guid.NewGuid().ToString();
}
