using System.Numerics;
using System.Security.Cryptography;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;
using Court = Braintrust.Chain.Contracts.PanelCourtContract;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Disputes;

/// <summary>Who takes part in the story of disputes, and where it happens.</summary>
public sealed class Scene
{
    public const uint ReviewWindowSeconds = 3 * 24 * 3600;
    public const uint WorkTimeSeconds = 14 * 24 * 3600;
    private const ulong ValiditySeconds = 7 * 24 * 3600;
    private const int NonceBytes = 16;
    private const int KeyBytes = 32;

    /// <summary>Everybody but the two sides: a panel of three and one of five others.</summary>
    private static readonly int[] Bench = [0, 3, 4, 5, 6, 7, 8, 9];

    public Scene(ServerLink server, NodeLink node, Timeline timeline)
    {
        (Server, Node, Timeline) = (server, node, timeline);
        Stage = new WorkStage(server, node, timeline, heals: false);
        Court = new CourtStage(server, node, timeline, Stage);
        Purses = new Purses(node, Court.Court, Stage);
        Employer = new Person("Employer", DevelopmentKeys.Signer(1), server);
        Freelancer = new Person("Freelancer", DevelopmentKeys.Signer(2), server);
        Newcomer = new Person("Newcomer", new LocalSigner(RandomNumberGenerator.GetBytes(KeyBytes), node.ChainId), server);
        Arbiters = [.. Bench.Select(key => new Person($"Arbiter {key}", DevelopmentKeys.Signer(key), server))];
    }

    public ServerLink Server { get; }
    public NodeLink Node { get; }
    public Timeline Timeline { get; }
    public WorkStage Stage { get; }
    public CourtStage Court { get; }
    public Purses Purses { get; }
    public Person Employer { get; }
    public Person Freelancer { get; }

    /// <summary>With a key that nobody used before, and not a wei of the chain's coin.</summary>
    public Person Newcomer { get; }
    public IReadOnlyList<Person> Arbiters { get; }

    /// <summary>Anyone: no party of any agreement here.</summary>
    public Person PasserBy => Arbiters[1];

    public void Chapter(string title) => Timeline.Tell(Tale.Act, "", title);

    /// <summary>Terms of the employer; with a court they fall back to half where it stays silent.</summary>
    public async Task<Law.Terms> Terms(Person talent, bool court, CancellationToken ct, params UInt128[] amounts)
    {
        var head = await Node.Head(ct);
        var longest = await Node.Ask(
            chain => Chain.Contracts.PanelCourtContract.Longest.Call(chain, Court.Court, DevelopmentContracts.CourtRules, BlockId.Latest, ct), ct);
        return new Law.Terms(
            new BigInteger(RandomNumberGenerator.GetBytes(NonceBytes), isUnsigned: true), BigInteger.Zero, default,
            Employer.Address, Employer.Address, talent.Address, talent.Address, Node.Token,
            Node.Told.PolicyVersion, (ushort)Node.Told.FeeBps, default, 0, ReviewWindowSeconds, ReviewWindowSeconds, 2,
            court ? Court.Court : default, court ? DevelopmentContracts.CourtRules : 0, court ? (uint)longest : 0, 5_000,
            head.Time.Seconds + ValiditySeconds, Hash32.Keccak("the agreed text"u8), [.. amounts], [.. amounts.Select(_ => WorkTimeSeconds)]);
    }

    /// <summary>The employer funds the next milestones.</summary>
    public Task Fund(Deal deal, int first, CancellationToken ct)
    {
        var data = first == 0 ? Law.Fund.Encode(deal.Terms, deal.Signature, 1) : Law.FundMore.Encode(deal.Terms, 1);
        var step = new Step($"funding of milestone {first + 1}", first == 0 ? V1.Move.Fund : V1.Move.FundMore, first, data, Count: 1);
        return Stage.Move(Employer, deal, step, seen => seen.Final && seen.MilestonesFunded == first + 1, ct);
    }

    /// <summary>Closing a milestone at that pay changes what three have: talent, employer, and the fees that the escrow keeps.</summary>
    public void Paid(Deal deal, int milestone, BigInteger pay)
    {
        var fee = deal.Fee(milestone) * pay / deal.Amount(milestone);
        Purses.Expect(deal.Talent.Address, pay);
        Purses.Expect(Employer.Address, -(pay + fee));
        Purses.Expect(Node.Escrow, fee);
    }
}
