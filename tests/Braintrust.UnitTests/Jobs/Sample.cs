using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Jobs;

/// <summary>A job, a bid and a negotiation that break no rule, for tests to spoil.</summary>
internal static class Sample
{
    public const string Negotiation = "01J00000000000000000000001";
    public const string Employer = "01JEMP10YER000000000000000";
    public const string Talent = "01JTA1ENT00000000000000000";

    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    public static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    public static readonly Address Token = Address.Parse("0x0000000000000000000000000000000000007031");

    public static JobPricing Fixed { get; } =
        new() { Kind = PricingKind.Fixed, ChainId = 31337, Token = Token, Budget = new Amount(5_000) };

    public static JobPricing Hourly { get; } = Fixed with
    {
        Kind = PricingKind.Hourly, Budget = new Amount(50), HoursPerWeekMax = 40, Weeks = 2,
    };

    public static JobContent Content { get; } = new()
    {
        Title = "Draw a bridge",
        Description = "Over a small river.",
        Skills = ["drawing", "c++"],
        Pricing = Fixed,
        Positions = 2,
        BidsCloseAt = Now + TimeSpan.FromDays(10),
        Visibility = JobVisibility.Public,
    };

    public static JobState Draft { get; } = Accept(JobRules.Create(JobState.Empty, Party.OfAccount(Employer), Content, Now));

    public static JobState Open { get; } = Accept(JobRules.Review(Accept(JobRules.Post(Draft, Now)), null, Now));

    public static Reservation Reservation(string negotiation, long epoch = 0, ulong until = 1) =>
        new(negotiation, epoch, until, Hash32.Keccak(System.Text.Encoding.ASCII.GetBytes(negotiation)));

    public static Bid Bid { get; } = new()
    {
        Id = "01JB1D00000000000000000001",
        Talent = Talent,
        Wallet = WorkStory.Talent,
        Amount = new Amount(3_000),
        Days = 10,
        Milestones = [new("Plan", new Amount(1_000), 3), new("Drawing", new Amount(2_000), 7)],
        Cover = "I have drawn bridges before.",
        ExpiresAt = Now + TimeSpan.FromDays(20),
        PlacedAt = Now,
    };

    public static NegotiationState Opened { get; } = Accept(NegotiationRules.Open(NegotiationState.Empty, new NegotiationState
    {
        Job = "01J0B000000000000000000001", Employer = Party.OfAccount(Employer), Talent = Talent, Pricing = Fixed, OpenedAt = Now,
    }));

    public static OfferDraft Offer { get; } = Drafted(Fixed, [2_000, 500], default);

    public static OfferDraft Drafted(JobPricing pricing, ulong[] amounts, Hash32 previous) => new(
        new WorkStory(31337, Contract, pricing.Token ?? Token, 0, (ulong)Now.ToUnixTimeSeconds() + 7 * 86_400).Terms with
        {
            Amounts = [.. amounts.Select(amount => new Amount(amount))],
            WorkTimes = [.. amounts.Select(_ => OfferRules.WeekSeconds)],
        },
        new OfferPrice(), "A bridge that stands.", [], Now + TimeSpan.FromDays(2), previous);

    public static NegotiationState Offered(NegotiationState negotiation, Side side, OfferDraft draft) =>
        Accept(NegotiationRules.MakeOffer(negotiation, Negotiation, side, "maker", draft, Contract, Now));

    public static T Accept<T>(Outcome<T> outcome) where T : notnull
    {
        Assert.True(outcome.Accepted(out var value, out var refusal), refusal?.Message);
        return value!;
    }

    public static (RefusalCode Code, string? Field) Refuse<T>(Outcome<T> outcome) where T : notnull
    {
        Assert.False(outcome.Accepted(out _, out var refusal), "accepted");
        return (refusal!.Code, refusal.Field);
    }
}
