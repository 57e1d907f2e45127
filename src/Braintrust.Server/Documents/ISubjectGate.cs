using System.Collections.Immutable;
using Braintrust.Accounts;
using Braintrust.Disputes;
using Braintrust.Escrow;

namespace Braintrust.Documents;

/// <summary>
/// Asks whatever a document or a thread is about who may read it. Every collection that has documents registers one.
/// </summary>
public interface ISubjectGate
{
    /// <summary>First word of the subject's name, such as "agreements".</summary>
    string Collection { get; }

    /// <summary>Refused: NotFound, NotAParty, as the subject itself would.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: the name is malformed.</exception>
    Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field);
}

/// <summary>What somebody who may read a subject can do there.</summary>
/// <param name="Writes">May attach documents and post messages.</param>
/// <param name="Organisation">The organisation whose member the caller is, when the rights rest on that; else null.</param>
/// <param name="Hires">True when the rights rest on a role that hires: Owner or HiringManager.</param>
public sealed record SubjectRights(bool Writes, string? Organisation, bool Hires = false)
{
    /// <summary>Hashes of the terms that were offered there, which a message can be about.</summary>
    public ImmutableArray<Hash32> Offers { get; init; } = [];

    /// <summary>Documents that offers and terms there name: they stay.</summary>
    public ImmutableArray<Hash32> Bound { get; init; } = [];

    /// <summary>True when all documents stay, whoever attached them: they may be evidence.</summary>
    public bool KeepsAll { get; init; }

    /// <summary>
    /// disputes/… on whose panel the caller sits, when the rights rest on that: they end with the case.
    /// </summary>
    public string? Case { get; init; }
}

/// <summary>
/// The parties of an agreement, and the members of the organisation that hires; while a case about it lives, its panels
/// read.
/// </summary>
public sealed class AgreementGate(IGrainFactory grains) : ISubjectGate
{
    public string Collection => EscrowWire.Collection;

    public async Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field)
    {
        var (chain, negotiation) = Wire.ChainName(subject, Collection, field);
        var read = await grains.GetGrain<IEscrowGrain>(Wire.Key(chain, negotiation)).Read(caller);
        if (!read.Accepted(out var agreement, out var refusal))
            return refusal.Code == RefusalCode.NotAParty && await Sits(caller, chain, negotiation) is { } about
                ? new SubjectRights(Writes: false, Organisation: null) { KeepsAll = true, Case = DisputesWire.Name(chain, about) }
                : refusal;
        var member = agreement.Context?.Organisation is { } organisation
            && await grains.GetGrain<IOrganisationGrain>(organisation).RoleOf(caller.AccountId) != OrganisationRoles.None;
        Hash32?[] offers = [agreement.Offer?.Agreement, agreement.Chain?.Funded.Agreement, agreement.Chain?.FirstTerms];
        return new SubjectRights(Writes: true, member ? agreement.Context!.Organisation : null)
        {
            Offers = [.. offers.OfType<Hash32>()],
            Bound = agreement.Offer is { } offer ? [offer.Terms.Documents] : [],
            KeepsAll = agreement.Chain is not null,
        };
    }

    /// <summary>The living case about the agreement on whose panel the caller sits, or null.</summary>
    private async Task<Hash32?> Sits(Caller caller, ulong chain, Hash32 negotiation)
    {
        foreach (var about in (await grains.GetGrain<IEscrowGrain>(Wire.Key(chain, negotiation)).Disputed()).Cases)
            if (await grains.GetGrain<ICaseGrain>(Wire.Key(chain, about)).IsOnPanel(caller)) return about;
        return null;
    }
}

/// <summary>Finds the gate of a subject.</summary>
public sealed class SubjectGates(IEnumerable<ISubjectGate> gates)
{
    private readonly Dictionary<string, ISubjectGate> _gates = gates.ToDictionary(gate => gate.Collection, StringComparer.Ordinal);

    /// <exception cref="Grpc.Core.RpcException">No such subject, or not for this caller.</exception>
    public async Task<SubjectRights> Enter(Caller caller, string subject, string field, bool writes = false)
    {
        var rights = await RightsOf(caller, subject, field);
        if (!rights.Accepted(out var found, out var refusal)) throw (refusal with { Field = field }).ToRpc();
        return found.Writes || !writes
            ? found
            : throw new Refusal(RefusalCode.NotAParty, "You may read this subject, not write to it.", field).ToRpc();
    }

    /// <inheritdoc cref="ISubjectGate.RightsOf"/>
    public Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field)
    {
        var slash = subject.IndexOf('/');
        return slash > 0 && subject.Length <= Wire.TextLengthMax && _gates.TryGetValue(subject[..slash], out var gate)
            ? gate.RightsOf(caller, subject, field)
            : throw Wire.Bad(field, $"A subject is one of {string.Join(", ", _gates.Keys.Order(StringComparer.Ordinal).Select(name => name + "/..."))}.");
    }
}
