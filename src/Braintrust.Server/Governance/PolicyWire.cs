using System.Globalization;
using Braintrust.Chain;
using Braintrust.Escrow;
using V1 = Braintrust.Api.Governance.V1;

namespace Braintrust.Governance;

internal static class PolicyWire
{
    public const string Collection = "policies";

    private const string Versions = "versions";

    public static string Name(ulong chainId) => string.Create(CultureInfo.InvariantCulture, $"{Collection}/{chainId}");

    public static string Name(ulong chainId, uint number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Name(chainId)}/{Versions}/{number}");

    /// <summary>The chain, and the version when the name tells one, in the one spelling we write.</summary>
    public static (ulong ChainId, uint? Number) Name(string name, string field)
    {
        var parts = name.Length <= Wire.TextLengthMax ? name.Split('/') : [];
        if (parts.Length is 2 or 4 && parts[0] == Collection && TryNumber(parts[1], out var chainId))
        {
            if (parts.Length == 2) return (chainId, null);
            if (parts[2] == Versions && TryNumber(parts[3], out var number) && number <= uint.MaxValue)
                return (chainId, (uint)number);
        }

        throw Wire.Bad(field, "A name is policies/{chain id} or policies/{chain id}/versions/{number}.");
    }

    public static V1.Policy Policy(PolicyView view) => new()
    {
        Name = Name(view.ChainId),
        ChainId = view.ChainId,
        Contract = view.Contract.ToString(),
        Current = Version(view.ChainId, view.Current),
        Etag = Wire.Etag(view.Version),
        HeadNumber = view.Cursor.HeadNo,
        FinalNumber = view.Cursor.FinalNo,
        CourtRules = { view.CourtRules.Select(Rules) },
    };

    private static V1.CourtRuleSet Rules(CourtRuleSet rules) => new()
    {
        Number = rules.Number,
        CostBps = rules.CostBps,
        BandBps = rules.BandBps,
        ResponseSeconds = rules.ResponseSeconds,
        DrawSeconds = rules.DrawSeconds,
        CommitSeconds = rules.CommitSeconds,
        RevealSeconds = rules.RevealSeconds,
        AppealSeconds = rules.AppealSeconds,
        Tokens =
        {
            rules.Tokens.Select(one => new V1.CourtToken { Token = one.Token.ToString(), CostMin = one.CostMin.ToString() }),
        },
    };

    public static V1.PolicyVersion Version(ulong chainId, PolicyVersion version) => new()
    {
        Name = Name(chainId, version.Number),
        Number = version.Number,
        FeeReceiver = version.Parameters.FeeReceiver.ToString(),
        FeeBps = version.Parameters.FeeBps,
        ReviewWindowSecondsMin = version.Parameters.ReviewWindowSecondsMin,
        ReviewWindowSecondsMax = version.Parameters.ReviewWindowSecondsMax,
        ReworkSecondsMin = version.Parameters.ReworkSecondsMin,
        ValiditySecondsMax = version.Parameters.ValiditySecondsMax,
        FundableUntilSeconds = version.FundableUntil?.Seconds ?? 0,
        Seen = ChainWire.Seen(version.Seen),
        OriginBpsMax = version.Parameters.OriginBpsMax,
        Guardian = version.Parameters.Guardian.ToString(),
        StoppedUntilSeconds = version.StoppedUntil?.Seconds ?? 0,
    };

    public static V1.PaymentToken Token(PaymentToken listed, TokenUnit unit) => new()
    {
        Token = listed.Token.ToString(),
        Symbol = unit.Symbol ?? "",
        Decimals = (uint)unit.Decimals,
        AmountMin = listed.AmountMin.ToString(),
        ReferencePrice = listed.ReferencePrice.ToString(CultureInfo.InvariantCulture),
    };

    public static V1.OfficialAddress Official(OfficialAddress official) =>
        new() { Kind = official.Kind, Address = official.Account.ToString() };

    private static bool TryNumber(string digits, out ulong number)
    {
        number = 0;
        return digits.Length > 0 && digits[0] != '0'
            && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    public static V1.StandingContract Contract(StandingContract standing) => new()
    {
        Kind = standing.Registered.Kind,
        Address = standing.Registered.Address.ToString(),
        FromBlock = standing.Registered.FromBlock,
        CodeHash = standing.CodeHash.ToString(),
        AsRegistered = standing.CodeHash == standing.Registered.CodeHash,
        CreationCodeHash = standing.CreationCodeHash?.ToString() ?? "",
        Verdict = standing.Records is [.., var newest] ? Verdict(newest) : V1.AuditVerdict.Unaudited,
        Records = { standing.Records.Select(Record) },
    };

    private static V1.AuditRecord Record(AuditRecord record) => new()
    {
        CreationCodeHash = record.CreationCodeHash.ToString(),
        Date = record.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Auditor = record.Auditor,
        Scope = record.Scope,
        Commit = record.Commit ?? "",
        ReportHash = record.ReportHash?.ToString() ?? "",
        Verdict = Verdict(record),
    };

    /// <summary>A word that this server does not know vouches for nothing.</summary>
    private static V1.AuditVerdict Verdict(AuditRecord record) => record.Verdict switch
    {
        "self-reviewed" => V1.AuditVerdict.SelfReviewed,
        "passed" => V1.AuditVerdict.Passed,
        "passed with findings" => V1.AuditVerdict.PassedWithFindings,
        "failed" => V1.AuditVerdict.Failed,
        _ => V1.AuditVerdict.Unaudited,
    };
}
