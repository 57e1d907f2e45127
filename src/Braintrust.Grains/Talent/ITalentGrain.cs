using Orleans.Concurrency;

namespace Braintrust.Talent;

/// <summary>A person's profile. Key: the account's ULID.</summary>
[Alias("talent.ITalentGrain")]
public interface ITalentGrain : IGrainWithStringKey
{
    /// <summary>
    /// Writes some fields, by the owner; the service proved that it is the owner who asks, and that shown wallets are
    /// the owner's. Refused: EtagMismatch, InvalidArgument naming the field.
    /// </summary>
    /// <param name="expected">Version that the caller read, 0 when there was no profile, or null for any.</param>
    [Alias("Update")]
    Task<Outcome<TalentState>> Update(RequestKey request, TalentState wanted, TalentFields fields, long? expected);

    /// <summary>Refused: NotFound when there is none, or when <paramref name="reader"/> may not see it.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<TalentState>> Read(string reader);

    /// <summary>The present state, then every newer one, conflated. Ends when the grain deactivates: reopen.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<TalentState> Watch(CancellationToken ct = default);
}
