using System.Collections.Immutable;
using Braintrust.Storage;
using Google.Protobuf.WellKnownTypes;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

internal static class JobsWire
{
    public const string Collection = "jobs";
    public const string BidCollection = "bids";
    public const string QuestionCollection = "questions";

    public static string Name(string job) => $"{Collection}/{job}";

    public static string BidName(string job, string bid) => $"{Collection}/{job}/{BidCollection}/{bid}";

    public static string Id(string name, string field) => Wire.UlidName(name, Collection, field);

    /// <summary>The ids in <c>jobs/{ulid}/{child}/{ulid}</c>.</summary>
    public static (string Job, string Child) ChildId(string name, string child, string field)
    {
        var middle = $"/{child}/";
        var at = name.Length - Ulids.Length - middle.Length;
        return at > 0 && name.AsSpan(at).StartsWith(middle, StringComparison.Ordinal) && Ulids.IsUlid(name.AsSpan(at + middle.Length))
            ? (Wire.UlidName(name[..at], Collection, field), name[(at + middle.Length)..])
            : throw Wire.Bad(field, $"A name is {Collection}/{{ULID}}{middle}{{ULID}}.");
    }

    /// <summary>accounts/{ulid} or organisations/{ulid}.</summary>
    public static string Employer(string name, string field) => (Party.Account(name) ?? Party.Organisation(name)) is not null
        ? name
        : throw Wire.Bad(field, "An employer is accounts/{ULID} or organisations/{ULID}.");

    public static DateTimeOffset Time(Timestamp? time, string field)
    {
        try
        {
            return time?.ToDateTimeOffset() ?? throw Wire.Bad(field, "A time is required.");
        }
        catch (InvalidOperationException)
        {
            throw Wire.Bad(field, "A time is within the years 1 to 9999.");
        }
    }

    public static JobContent Content(V1.Job job) => new()
    {
        Title = job.Title,
        Description = job.Description,
        Skills = [.. job.Skills],
        Pricing = Pricing(job.Pricing),
        Positions = Wire.Count(job.Positions, "job.positions", 1, JobContent.PositionsMax),
        BidsCloseAt = Time(job.BidsCloseTime, "job.bids_close_time"),
        Visibility = Visibility(job.Visibility),
    };

    public static JobPatch Patch(V1.Job job, IReadOnlySet<string> fields) => new()
    {
        Title = fields.Contains("title") ? job.Title : null,
        Description = fields.Contains("description") ? job.Description : null,
        Skills = fields.Contains("skills") ? [.. job.Skills] : null,
        Pricing = fields.Contains("pricing") ? Pricing(job.Pricing) : null,
        Positions = fields.Contains("positions") ? Wire.Count(job.Positions, "job.positions", 1, JobContent.PositionsMax) : null,
        BidsCloseAt = fields.Contains("bids_close_time") ? Time(job.BidsCloseTime, "job.bids_close_time") : null,
        Visibility = fields.Contains("visibility") ? Visibility(job.Visibility) : null,
    };

    public static V1.Job Job(JobView job) => new()
    {
        Name = Name(job.Id),
        Employer = job.Employer,
        Phase = (V1.JobPhase)job.Phase,
        Title = job.Content.Title,
        Description = job.Content.Description,
        Skills = { job.Content.Skills },
        Pricing = Pricing(job.Content.Pricing),
        Positions = (uint)job.Content.Positions,
        PositionsTaken = (uint)job.PositionsTaken,
        BidsCloseTime = Wire.Time(job.Content.BidsCloseAt),
        Visibility = (V1.JobVisibility)job.Content.Visibility,
        Rejection = job.Rejection ?? "",
        BidCount = (uint)job.Bids,
        CreateTime = Wire.Time(job.CreatedAt),
        PostTime = job.PostedAt is { } posted ? Wire.Time(posted) : null,
        Etag = Wire.Etag(new ViewVersion(job.Edition, 0)),
    };

    public static V1.Pricing Pricing(JobPricing pricing) => new()
    {
        Kind = (V1.PricingKind)pricing.Kind,
        ChainId = pricing.ChainId,
        Token = pricing.Token?.ToString() ?? "",
        Currency = pricing.Currency ?? "",
        Budget = pricing.Budget.ToString(),
        HoursPerWeekMax = (uint)pricing.HoursPerWeekMax,
        Weeks = (uint)pricing.Weeks,
    };

    public static Bid Bid(string id, V1.Bid? bid)
    {
        if (bid is null) throw Wire.Bad("bid", "A bid is required.");
        Wire.Count((uint)bid.Milestones.Count, "bid.milestones", 0, Braintrust.Jobs.Bid.MilestonesMax);
        return new Bid
        {
            Id = id,
            Talent = "",
            Wallet = Wire.Address(bid.Wallet, "bid.wallet"),
            Amount = Wire.Amount(bid.Amount, "bid.amount"),
            Days = Wire.Count(bid.DeliveryDays, "bid.delivery_days", 1, Braintrust.Jobs.Bid.DaysMax),
            Milestones = [.. bid.Milestones.Select(Milestone)],
            Cover = bid.Cover,
            ExpiresAt = Time(bid.ExpireTime, "bid.expire_time"),
            PlacedAt = default,
        };
    }

    public static V1.Bid Bid(string job, Bid bid) => new()
    {
        Name = BidName(job, bid.Id),
        Talent = Party.OfAccount(bid.Talent),
        Wallet = bid.Wallet.ToString(),
        Amount = bid.Amount.ToString(),
        DeliveryDays = (uint)bid.Days,
        Milestones =
        {
            bid.Milestones.Select(milestone => new V1.ProposedMilestone
            {
                Title = milestone.Title, Amount = milestone.Amount.ToString(), Days = (uint)milestone.Days,
            }),
        },
        Cover = bid.Cover,
        ExpireTime = Wire.Time(bid.ExpiresAt),
        PlaceTime = Wire.Time(bid.PlacedAt),
        Phase = (V1.BidPhase)bid.Phase,
        Reason = bid.Reason ?? "",
        Etag = Wire.Etag(new ViewVersion(bid.Version, 0)),
    };

    public static V1.Bid Bid(StoredRow row) => Bid((string)row.Key[0], JobRows.Read<Bid>(row));

    public static V1.Invitation Invitation(string job, Invitation invitation) => new()
    {
        Name = $"{Collection}/{job}/invitations/{invitation.Talent}",
        Talent = Party.OfAccount(invitation.Talent),
        Message = invitation.Message,
        Phase = (V1.InvitationPhase)invitation.Phase,
        InviteTime = Wire.Time(invitation.InvitedAt),
    };

    public static V1.Question Question(string job, Question question, string caller) => new()
    {
        Name = $"{Collection}/{job}/{QuestionCollection}/{question.Id}",
        Text = question.Text,
        Answer = question.Answer,
        AskTime = Wire.Time(question.AskedAt),
        AnswerTime = question.AnsweredAt is { } answered ? Wire.Time(answered) : null,
        Mine = question.Asker == caller,
    };

    private static JobPricing Pricing(V1.Pricing? pricing)
    {
        if (pricing is null) throw Wire.Bad("job.pricing", "Pricing is required.");
        return new JobPricing
        {
            Kind = Wire.Enum<PricingKind>(pricing.Kind, "job.pricing.kind"),
            ChainId = pricing.ChainId,
            Token = pricing.Token.Length == 0 ? null : Wire.Address(pricing.Token, "job.pricing.token"),
            Currency = pricing.Currency.Length == 0 ? null : pricing.Currency,
            Budget = Wire.Amount(pricing.Budget, "job.pricing.budget"),
            HoursPerWeekMax = Wire.Count(pricing.HoursPerWeekMax, "job.pricing.hours_per_week_max", 0, JobPricing.HoursOfAWeekMax),
            Weeks = Wire.Count(pricing.Weeks, "job.pricing.weeks", 0, JobPricing.WeeksMax),
        };
    }

    private static JobVisibility Visibility(V1.JobVisibility visibility) => visibility == V1.JobVisibility.Unspecified
        ? JobVisibility.Public
        : Wire.Enum<JobVisibility>(visibility, "job.visibility");

    private static ProposedMilestone Milestone(V1.ProposedMilestone milestone, int i) => new(
        milestone.Title,
        Wire.Amount(milestone.Amount, $"bid.milestones[{i}].amount"),
        Wire.Count(milestone.Days, $"bid.milestones[{i}].days", 1, Braintrust.Jobs.Bid.DaysMax));
}
