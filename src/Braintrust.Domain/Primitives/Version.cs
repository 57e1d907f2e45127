using Orleans;

namespace Braintrust;

/// <summary>
/// Version of what a watcher sees of one subject: the off-chain state's version, and the position of the last ledger
/// entry that changed the chain view. Ordered by neither alone: newer means no part is smaller and one is larger.
/// </summary>
[GenerateSerializer, Immutable, Alias("ViewVersion")]
public readonly record struct ViewVersion([property: Id(0)] long State, [property: Id(1)] long Pos)
{
    public bool IsNewerThan(ViewVersion other) =>
        State >= other.State && Pos >= other.Pos && this != other;
}

/// <summary>Who asks: the signed-in account, the wallets it owns, and the request id that makes a mutation repeatable.</summary>
/// <param name="AccountId">ULID.</param>
[GenerateSerializer, Immutable, Alias("Caller")]
public sealed record Caller(
    [property: Id(0)] string AccountId,
    [property: Id(1)] IReadOnlySet<Address> Wallets);

/// <summary>A mutation's identity: the same id with the same body answers the same, with another body is refused.</summary>
/// <param name="BodyHash">keccak of the request's canonical bytes without the id.</param>
[GenerateSerializer, Immutable, Alias("RequestKey")]
public readonly record struct RequestKey([property: Id(0)] Guid Id, [property: Id(1)] Hash32 BodyHash);

/// <summary>
/// What a request is remembered by when its answer is too large to be kept: the version it made. Sent again, it is
/// answered with the present state.
/// </summary>
[GenerateSerializer, Immutable, Alias("Receipt")]
public sealed record Receipt([property: Id(0)] long Version);
