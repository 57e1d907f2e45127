using System.Collections.Immutable;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>Who reviewed some code, as contracts/audits.json says. It is about these bytes and no others.</summary>
/// <param name="CreationCodeHash">keccak of the creation code without constructor arguments.</param>
/// <param name="Auditor">"none" where only the authors looked.</param>
/// <param name="Commit">What was audited, as the auditor names it; null where nobody else looked.</param>
/// <param name="ReportHash">keccak of the report; null as <paramref name="Commit"/>.</param>
/// <param name="Verdict">"self-reviewed", "passed", "passed with findings" or "failed".</param>
public sealed record AuditRecord(
    string Contract, Hash32 CreationCodeHash, DateOnly Date, string Auditor, string Scope, string? Commit, Hash32? ReportHash,
    string Verdict);

/// <summary>The register of reviewed code that this build carries. Code that is not in it is unaudited.</summary>
public static class AuditRegister
{
    private static readonly Lazy<ImmutableArray<AuditRecord>> Read = new(() =>
    {
        using var stored = typeof(AuditRegister).Assembly.GetManifestResourceStream("audits.json")!;
        return JsonSerializer.Deserialize<ImmutableArray<AuditRecord>>(stored, DeploymentJson.Options);
    });

    /// <summary>Oldest first; empty for code that nobody reviewed.</summary>
    public static ImmutableArray<AuditRecord> Of(Hash32 creationCodeHash) =>
        [.. Read.Value.Where(record => record.CreationCodeHash == creationCodeHash)];

    /// <summary>The creation code of this build that makes this runtime code; null when none does.</summary>
    public static Hash32? Identify(string kind, ReadOnlySpan<byte> runtime)
    {
        if (!DeploymentKinds.Knows(kind)) return null;
        var creation = DeploymentKinds.CreationCode(kind);
        return CodeTemplate.Match(creation, runtime) is null ? null : Hash32.Keccak(creation);
    }
}
