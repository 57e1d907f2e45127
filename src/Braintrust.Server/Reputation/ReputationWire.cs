using System.Globalization;
using Braintrust.Chain;
using Braintrust.Escrow;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

internal static class ReputationWire
{
    public const string Collection = "reputations";

    public static string Name(ulong chainId, Address address) =>
        string.Create(CultureInfo.InvariantCulture, $"{Collection}/{chainId}-{address}");

    /// <summary>The chain and address of a name, in the one spelling we write.</summary>
    public static (ulong ChainId, Address Address) Parse(string name, string field)
    {
        var parts = name.Split('/', '-');
        return name.Length <= Wire.TextLengthMax && parts.Length == 3
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var chainId)
            && Address.TryParse(parts[2], out var address) && Name(chainId, address) == name
                ? (chainId, address)
                : throw Wire.Bad(field, $"A name is {Collection}/{{chain id}}-{{address with its EIP-55 checksum}}.");
    }

    /// <param name="terms">The newest first.</param>
    public static V1.Reputation Reputation(
        ulong chainId, Standing standing, IReadOnlyList<ReputationTerm> terms, BlockTime now, long position) => new()
    {
        Name = Name(chainId, standing.Address),
        ChainId = chainId,
        Address = standing.Address.ToString(),
        Score = terms.Count == 0 ? 0 : ReputationMath.Shown(terms[0].After, now),
        RecentTerms = { terms.Select(term => Term(chainId, term, now)) },
        Earlier = terms.Count == 0 ? 0 : ReputationMath.Shown(terms[^1].Before, now),
        Talent = new()
        {
            Earned = standing.Earned.ToString(),
            Releases = (ulong)standing.Releases,
            Employers = (ulong)standing.Employers,
        },
        Employer = new()
        {
            Paid = standing.Paid.ToString(),
            Fees = standing.Fees.ToString(),
            Payments = (ulong)standing.Payments,
            Talents = (ulong)standing.Talents,
            Trust = (uint)Millionths(standing.Trust, ReputationMath.TrustBits),
        },
        AsOfTime = Wire.BlockTime(ListingValue.Of(now)),
        Position = (ulong)position,
    };

    public static V1.ReputationTerm Term(ulong chainId, ReputationTerm term, BlockTime now) => new()
    {
        Position = (ulong)term.Pos,
        TransactionHash = term.TxHash.ToString(),
        BlockNumber = term.BlockNo,
        BlockHash = term.BlockHash.ToString(),
        BlockTime = Wire.BlockTime(ListingValue.Of(term.At)),
        Agreement = EscrowWire.Name(chainId, term.Negotiation),
        MilestoneIndex = (uint)term.Milestone,
        Employer = term.Employer.ToString(),
        Token = term.Token.ToString(),
        Pay = term.Pay.ToString(),
        Fee = term.Fee.ToString(),
        Value = term.Value.ToString(),
        SettledBefore = term.SettledBefore.ToString(),
        EmployerFees = term.EmployerFees.ToString(),
        Gain = Millionths(term.Gain, ReputationMath.GainBits),
        Trust = (uint)Millionths(term.Trust, ReputationMath.TrustBits),
        Decay = (uint)ReputationMath.Decay(term.At, now),
        Points = term.Shown(now),
    };

    /// <summary>Rounded down.</summary>
    private static long Millionths(long value, int fractionBits) => (long)((Int128)value * 1_000_000 >> fractionBits);
}
