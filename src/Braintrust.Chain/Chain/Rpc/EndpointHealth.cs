namespace Braintrust.Chain;

/// <summary>
/// How far an endpoint is trusted, from 0 to 1. A failure halves it, an answer wins back a tenth of what is missing, and time
/// forgives: what is missing halves every 30 seconds. After a failure the endpoint rests, longer with each in a row.
/// </summary>
internal sealed class EndpointHealth(TimeProvider clock)
{
    private static readonly TimeSpan RestFirst = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ForgivenHalf = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private double _missing;
    private DateTimeOffset _at;
    private int _failures;
    private DateTimeOffset _restsUntil = DateTimeOffset.MinValue;

    /// <summary>Rounded to tenths, so that endpoints that differ by little keep their configured order.</summary>
    public double Score
    {
        get
        {
            lock (_gate) return Math.Round(1 - Missing(clock.GetUtcNow()), 1);
        }
    }

    public DateTimeOffset RestsUntil
    {
        get
        {
            lock (_gate) return _restsUntil;
        }
    }

    public void Worked()
    {
        lock (_gate)
        {
            Set(Missing(clock.GetUtcNow()) * 0.9);
            _failures = 0;
        }
    }

    /// <param name="asked">How long the node asked to be left alone, or null.</param>
    public void Failed(TimeSpan? asked)
    {
        lock (_gate)
        {
            Set((1 + Missing(clock.GetUtcNow())) / 2);
            var rest = RestFirst * Math.Pow(2, Math.Min(_failures++, 10));
            rest = rest < RestMax ? rest : RestMax;
            _restsUntil = _at + (asked > rest ? asked.Value : rest);
        }
    }

    private void Set(double missing) => (_missing, _at) = (missing, clock.GetUtcNow());

    private double Missing(DateTimeOffset now) => _missing * Math.Pow(0.5, (now - _at) / ForgivenHalf);
}
