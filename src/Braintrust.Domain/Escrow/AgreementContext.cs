using Orleans;

namespace Braintrust.Escrow;

/// <summary>Where an agreement came from, for those who may read it beside its parties. Written once, never changed.</summary>
/// <param name="Job">ULID of the job, or null.</param>
/// <param name="Negotiation">ULID of the negotiation that made the terms, or null.</param>
/// <param name="Organisation">ULID of the organisation that hires, or null when a person does.</param>
[GenerateSerializer, Immutable, Alias("escrow.AgreementContext")]
public sealed record AgreementContext(
    [property: Id(0)] string? Job = null, [property: Id(1)] string? Negotiation = null, [property: Id(2)] string? Organisation = null);
