using Microsoft.Extensions.Options;

namespace Braintrust;

/// <summary>How the grains run. The same on every silo.</summary>
public sealed record GrainOptions
{
    /// <summary>
    /// Ring a stream message when an agreement has new facts. Off, every silo's tail alone tells: everything still works,
    /// up to <see cref="TailIntervalMs"/> later. Default on.
    /// </summary>
    public bool Bells { get; set; } = true;

    /// <summary>Milliseconds between two looks of a silo at the ledger's cursors, 10 to 10,000. Default 250.</summary>
    public int TailIntervalMs { get; set; } = 250;

    /// <summary>Milliseconds between two wakes of the cluster's watchers, 100 to 60,000. Default 1,000.</summary>
    public int PulseIntervalMs { get; set; } = 1_000;

    /// <summary>
    /// Milliseconds after which an unanswered grain call is given up with an unknown outcome, 500 to 60,000. Default 4,000.
    /// </summary>
    public int ResponseTimeoutMs { get; set; } = 4_000;

    /// <summary>Final facts of one agreement after which its fold is saved, 1 to 100,000. Default 256.</summary>
    public int SnapshotFacts { get; set; } = 256;

    /// <summary>Bells underway at once in this silo before further ones are not rung, 1 to 100,000. Default 1,024.</summary>
    public int BellsInFlightMax { get; set; } = 1_024;

    /// <summary>Blocks behind the node's head beyond which no bell is rung, 1 to 100,000. Default 64.</summary>
    public int BellsBlocksBehindMax { get; set; } = 64;

    /// <summary>
    /// Milliseconds between two looks whether contracts and this system agree about all money, 100 to 86,400,000. Default 60,000.
    /// </summary>
    public int ReconcileIntervalMs { get; set; } = 60_000;

    /// <summary>What is wrong, one sentence per option; empty when all is well.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Range(nameof(TailIntervalMs), TailIntervalMs, 10, 10_000, "ms", 250);
        Range(nameof(PulseIntervalMs), PulseIntervalMs, 100, 60_000, "ms", 1_000);
        Range(nameof(ResponseTimeoutMs), ResponseTimeoutMs, 500, 60_000, "ms", 4_000);
        Range(nameof(SnapshotFacts), SnapshotFacts, 1, 100_000, "facts", 256);
        Range(nameof(BellsInFlightMax), BellsInFlightMax, 1, 100_000, "bells", 1_024);
        Range(nameof(BellsBlocksBehindMax), BellsBlocksBehindMax, 1, 100_000, "blocks", 64);
        Range(nameof(ReconcileIntervalMs), ReconcileIntervalMs, 100, 86_400_000, "ms", 60_000);
        return problems;

        void Range(string name, int value, int min, int max, string unit, int standard)
        {
            if (value < min || value > max)
                problems.Add($"{name} is {value}: it must be {min} to {max} {unit} (default {standard}).");
        }
    }

    /// <exception cref="OptionsValidationException">At least one option is unusable; the message names all of them.</exception>
    public void Validate()
    {
        var problems = Problems();
        if (problems.Count > 0) throw new OptionsValidationException("Grains", typeof(GrainOptions), problems);
    }
}
