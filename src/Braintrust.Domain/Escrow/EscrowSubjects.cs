using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>Which subjects an event touches: every key it carries, so that no reader needs another event to find it.</summary>
public static class EscrowSubjects
{
    public static IReadOnlyList<ulong> Of(EscrowEvent happened) => happened switch
    {
        EscrowEvent.OfAgreement e => Distinct(e.Negotiation, e.Employer, e.Talent, null, null),
        EscrowEvent.PaymentCredited e => Distinct(e.Negotiation, null, null, e.Party, e.Token),
        EscrowEvent.FeeShared e => Distinct(e.Negotiation, null, null, e.Origin, e.Token),
        EscrowEvent.CreditWithdrawn e => Distinct(null, null, null, e.Party, e.Token),
        EscrowEvent.FeesSwept e => Distinct(null, null, null, null, e.Token),
        EscrowEvent.NonceBurned e => Distinct(e.Negotiation, null, e.Talent, null, null),
        EscrowEvent.Oversized e => Distinct(e.Negotiation, e.Employer, e.Talent, e.Party, e.Token),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no such event"),
    };

    private static List<ulong> Distinct(
        Hash32? negotiation, Address? employer, Address? talent, Address? party, Address? token)
    {
        var subjects = new List<ulong>(3);
        Add(negotiation is { } n ? Subject.Agreement(n) : null);
        Add(employer is { } e ? Subject.Employer(e) : null);
        Add(talent is { } t ? Subject.Talent(t) : null);
        Add(party is { } p ? Subject.Party(p) : null);
        Add(token is { } k ? Subject.Token(k) : null);
        return subjects;

        void Add(ulong? subject)
        {
            if (subject is { } some && !subjects.Contains(some)) subjects.Add(some);
        }
    }
}
