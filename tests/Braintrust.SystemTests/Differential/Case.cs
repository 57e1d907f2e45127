namespace Braintrust.Differential;

/// <summary>One question with the answer that C# gives to it.</summary>
/// <param name="Text">The case in one line: written for those that differ only.</param>
/// <param name="Expected">What C# says.</param>
/// <param name="Told">What the contract says, in the same words.</param>
internal sealed record Case(Func<string> Text, Question Question, string Expected, Func<Seen, string> Told)
{
    /// <summary>What it is counted under: the move, the form; empty where a kind knows one sort only.</summary>
    public string Sort { get; init; } = "";
}

/// <summary>A kind of cases.</summary>
/// <param name="Name">As printed, and as named to try one case again.</param>
/// <param name="Make">The case of some dice.</param>
internal sealed record Kind(string Name, Func<Dice, Stage, Case> Make)
{
    /// <summary>How many there are, where all of them are tried; null for a kind without end.</summary>
    public long? All { get; init; }

    /// <summary>Sorts that must come up with an answer, not refusals alone, in any long run.</summary>
    public IReadOnlyList<string> Sorts { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>Where and when a case happens.</summary>
/// <param name="Now">The second of its page.</param>
/// <param name="Index">Its number, which is unlike any other's on the page.</param>
internal sealed record Stage(ProbeNode Node, ulong Now, long Index);
