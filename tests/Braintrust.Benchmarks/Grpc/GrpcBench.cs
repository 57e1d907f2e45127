namespace Braintrust.Benchmarks;

internal static class GrpcBench
{
    public static async Task Run(Report report, BenchOptions options)
    {
        await UnaryReads.Run(report, options);
        await DurableWrites.Run(report, options);
    }
}
