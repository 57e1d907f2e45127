using System.Globalization;

namespace Braintrust.Escrow;

/// <summary>What an amendment changes, in words for who is to sign it.</summary>
public static class TermsWords
{
    /// <summary>Clauses in the order of the terms, such as "milestone 3 pays 12 USDC instead of 10 USDC".</summary>
    /// <remarks>
    /// Left out: the place in the chain of offers, and until when the terms can be funded first, which a funded agreement is past.
    /// </remarks>
    public static IEnumerable<string> Of(Terms present, Terms next, TokenUnit unit) =>
        [.. Rules(present, next), .. Enumerable.Range(0, Math.Max(present.Amounts.Length, next.Amounts.Length))
            .SelectMany(index => Milestone(present, next, index, unit))];

    private static IEnumerable<string> Rules(Terms present, Terms next)
    {
        if (next.Manager != present.Manager) yield return Instead("the manager is", next.Manager, present.Manager);
        if (next.ReviewWindow != present.ReviewWindow)
            yield return Instead("the review takes", Words.Duration(next.ReviewWindow), Words.Duration(present.ReviewWindow));
        if (next.ReworkTime != present.ReworkTime)
            yield return Instead("delivering again takes", Words.Duration(next.ReworkTime), Words.Duration(present.ReworkTime));
        if (next.RevisionsMax != present.RevisionsMax)
            yield return Instead("changes can be requested", Words.Count(next.RevisionsMax, "time"), Words.Count(present.RevisionsMax, "time"));
        if (next.Documents != present.Documents) yield return Instead("the agreed text is", next.Documents, present.Documents);
    }

    private static IEnumerable<string> Milestone(Terms present, Terms next, int index, TokenUnit unit)
    {
        var one = string.Create(CultureInfo.InvariantCulture, $"milestone {index + 1}");
        if (index >= next.Amounts.Length) yield return $"{one} of {unit.Write(present.Amounts[index])} is dropped";
        else if (index >= present.Amounts.Length)
            yield return $"{one} is new: {unit.Write(next.Amounts[index])} for work of {Words.Duration(next.WorkTimes[index])}";
        else
        {
            if (next.Amounts[index] != present.Amounts[index])
                yield return Instead($"{one} pays", unit.Write(next.Amounts[index]), unit.Write(present.Amounts[index]));
            if (next.WorkTimes[index] != present.WorkTimes[index])
                yield return Instead($"{one} takes", Words.Duration(next.WorkTimes[index]), Words.Duration(present.WorkTimes[index]));
        }
    }

    private static string Instead(string what, object after, object before) => $"{what} {after} instead of {before}";
}
