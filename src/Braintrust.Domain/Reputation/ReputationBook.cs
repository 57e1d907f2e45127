using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Reputation;

/// <summary>A final release, with what it takes to weigh it.</summary>
/// <param name="Price">Null when the policy does not price the token: then the release counts nothing.</param>
/// <param name="OriginBps">The origin's share of the fee by the terms, basis points.</param>
public sealed record Release(
    EscrowEvent.MilestoneClosed Closed, FactPlace At, Address Token, TokenPrice? Price, ushort OriginBps = 0)
{
    /// <summary>
    /// What of the fee is gone for good. The origin's share is not: an employer that names itself as the origin would get
    /// trust for a fee that it never paid.
    /// </summary>
    public Amount Fee => Closed.Fee - Fees.OriginShare(Closed.Fee, OriginBps);
}

/// <summary>
/// Folds final releases, in the chain's order, into what they make of talents and employers. The employer's standing is read as
/// of each release and kept with the talent's term, so that no later fact changes an earlier term.
/// </summary>
public sealed class ReputationBook
{
    private readonly Dictionary<Address, Standing> _standings = [];
    private readonly Dictionary<(Address Talent, Address Employer), Dealing> _dealings = [];
    private readonly List<ReputationTerm> _terms = [];

    /// <param name="standings">As stored, of every address that is going to be named; the others have none yet.</param>
    public ReputationBook(IEnumerable<Standing> standings, IEnumerable<Dealing> dealings)
    {
        foreach (var standing in standings) _standings[standing.Address] = standing;
        foreach (var dealing in dealings) _dealings[(dealing.Talent, dealing.Employer)] = dealing;
    }

    public IReadOnlyList<ReputationTerm> Terms => _terms;

    public IEnumerable<Standing> Standings => _standings.Values;

    public void Take(Release release)
    {
        var (closed, at) = (release.Closed, release.At);
        if (closed.Pay.IsZero) return;
        var (value, fee) = (release.Price?.Of(closed.Pay) ?? default, release.Price?.Of(release.Fee) ?? default);
        var isNew = !_dealings.TryGetValue((closed.Talent, closed.Employer), out var dealing);
        dealing ??= new Dealing(closed.Talent, closed.Employer);
        var employer = Of(closed.Employer);
        _standings[closed.Employer] = employer = employer with
        {
            Paid = employer.Paid + value,
            Fees = employer.Fees + fee,
            Payments = employer.Payments + 1,
            Talents = employer.Talents + (isNew ? 1 : 0),
        };
        var talent = Of(closed.Talent);
        var gained = ReputationMath.Points(
            ReputationMath.Gain(dealing.Settled, value), employer.Trust, at.Seen.BlockTime);
        _terms.Add(Term(release, value, dealing, employer, talent, talent.Points + gained));
        _standings[closed.Talent] = talent with
        {
            Earned = talent.Earned + value,
            Releases = talent.Releases + 1,
            Employers = talent.Employers + (isNew ? 1 : 0),
            Points = talent.Points + gained,
        };
        _dealings[(closed.Talent, closed.Employer)] = dealing with { Settled = dealing.Settled + value };
    }

    /// <summary>The rows of everything taken.</summary>
    public ImmutableArray<Row> Rows(ulong chainId)
    {
        var named = _terms.Select(term => (term.Talent, term.Employer)).ToHashSet();
        var people = named.SelectMany(pair => new[] { pair.Talent, pair.Employer }).ToHashSet();
        return
        [
            .. _terms.Select(term => term.Row(chainId)),
            .. people.Select(person => _standings[person].Row(chainId)),
            .. named.Select(pair => _dealings[pair].Row(chainId)),
        ];
    }

    private Standing Of(Address address) => _standings.GetValueOrDefault(address) ?? new Standing(address);

    private static ReputationTerm Term(
        Release release, ReferenceValue value, Dealing dealing, Standing employer, Standing talent,
        System.Numerics.BigInteger after) => new()
    {
        Talent = release.Closed.Talent,
        Pos = release.At.Pos,
        LogIndex = release.At.LogIndex,
        Employer = release.Closed.Employer,
        Negotiation = release.Closed.Negotiation,
        Milestone = release.Closed.Milestone,
        Token = release.Token,
        Pay = release.Closed.Pay,
        Fee = release.Fee,
        Value = value,
        SettledBefore = dealing.Settled,
        EmployerFees = employer.Fees,
        Before = talent.Points,
        After = after,
        BlockNo = release.At.Seen.BlockNo,
        BlockHash = release.At.Seen.BlockHash,
        At = release.At.Seen.BlockTime,
        TxHash = release.At.Seen.TxHash,
    };
}
