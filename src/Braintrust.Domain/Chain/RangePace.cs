namespace Braintrust.Chain;

/// <summary>
/// How many blocks one range of logs asks for. Nodes limit ranges in ways of their own: a refusal halves it and is
/// remembered, so that the same limit is not run into again with every second range; after a while it is tried once more.
/// </summary>
public sealed class RangePace
{
    /// <summary>Facts in one answer that are still comfortable to append at once.</summary>
    public const int FactsAtOnce = 20_000;

    /// <summary>Answers in a row after which a limit that was learned is tried again.</summary>
    public const int AnswersUntilRetried = 100;

    private readonly int _blocksMax;
    private int _limit;
    private int _answers;

    /// <param name="blocksMax">Blocks in one range at most.</param>
    public RangePace(int blocksMax) => Blocks = _limit = _blocksMax = blocksMax;

    public int Blocks { get; private set; }

    /// <summary>The node refused the range for its size, in blocks or in results: it will again.</summary>
    public void Refused() => _limit = Halve();

    /// <summary>The node failed, maybe for the size.</summary>
    public void Failed() => Halve();

    public void Answered(int facts)
    {
        if (facts > FactsAtOnce)
        {
            Halve();
            return;
        }

        if (++_answers % AnswersUntilRetried == 0) _limit = Math.Min(_blocksMax, _limit * 2);
        Blocks = Math.Min(_limit, Blocks * 2);
    }

    private int Halve()
    {
        _answers = 0;
        return Blocks = Math.Max(1, Blocks / 2);
    }
}
