using Braintrust.Documents;

namespace Braintrust.Disputes;

/// <summary>
/// Evidence: those who take part write until the case is concluded and read for ever; those who sit on its panels read until
/// then. What was attached stays.
/// </summary>
public sealed class DisputeGate(IGrainFactory grains) : ISubjectGate
{
    public string Collection => DisputesWire.Collection;

    public async Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field)
    {
        var (chain, caseId) = Wire.ChainName(subject, Collection, field);
        var asked = await grains.GetGrain<ICaseGrain>(Wire.Key(chain, caseId)).Standing(caller);
        if (!asked.Accepted(out var standing, out var refusal)) return refusal;
        return standing switch
        {
            { Role: CaseRole.Party } => new SubjectRights(Writes: standing.Lives, Organisation: null) { KeepsAll = true },
            { Role: CaseRole.Panel, Lives: true } =>
                new SubjectRights(Writes: false, Organisation: null) { KeepsAll = true, Case = subject },
            _ => new Refusal(RefusalCode.NotAParty, "Only its parties and, while it lives, its arbiters read what was said in a case."),
        };
    }
}
