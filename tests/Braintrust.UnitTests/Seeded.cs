using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Braintrust;

/// <summary>Random tests that can be played again: set BRAINTRUST_TEST_SEED to the number a failed run printed.</summary>
internal static class Seeded
{
    public static void Check(ITestOutputHelper output, Property property, int runs = 500)
    {
        var seed = Seed();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(runs).WithReplay(seed, seed | 1));
    }

    public static ulong Seed() =>
        ulong.TryParse(Environment.GetEnvironmentVariable("BRAINTRUST_TEST_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : (ulong)Random.Shared.NextInt64();
}
