using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Chain;

public sealed class ChainMetricsTests
{
    [Fact]
    public void A_projection_lags_from_the_moment_the_ledger_holds_more_than_its_rows()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var (factory, clock) = (services.GetRequiredService<IMeterFactory>(), new ShiftedClock());
        var (metrics, lags) = (new ChainMetrics(factory, clock), new Dictionary<(object, object), double>());
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name == "braintrust.projection.lag")
                all.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
            lags[(tags[0].Value!, tags[1].Value!)] = Math.Floor(seconds));
        listener.Start();
        var (first, second) = (ChainCursor.Start with { HeadNo = 1 }, ChainCursor.Start with { HeadNo = 2 });

        metrics.Projected(7, "a", first);
        metrics.Projected(8, "a", null);
        Pass(5);
        Assert.Equal((0, 5), (Lag(7), Lag(8)));
        metrics.Read(7, first);
        Pass(5);
        Assert.Equal(0, Lag(7));
        metrics.Read(7, second);
        Pass(5);
        metrics.Read(7, second with { HeadNo = 3 });
        Assert.Equal(5, Lag(7));
        metrics.Projected(7, "a", second);
        Assert.Equal(0, Lag(7));
        metrics.Left(7, "a");
        lags.Clear();
        listener.RecordObservableInstruments();
        Assert.Single(lags);

        void Pass(int seconds) => clock.Advance(TimeSpan.FromSeconds(seconds));

        double Lag(long chain)
        {
            listener.RecordObservableInstruments();
            return lags[(chain, "a")];
        }
    }
}
