using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Braintrust;

/// <summary>Keeps what a server logged at Error or worse: a test that ends with an unexpected one has failed.</summary>
public sealed class TestLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentBag<string> _expected = [];

    /// <summary>Errors whose text holds <paramref name="part"/> are what the test is about.</summary>
    public void Expect(string part) => _expected.Add(part);

    public IReadOnlyCollection<string> Errors => _errors;

    public void AssertClean() =>
        Assert.DoesNotContain(_errors, error => !_expected.Any(part => error.Contains(part, StringComparison.Ordinal)));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(TestLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log._errors.Enqueue($"{category}: {formatter(state, exception)} {exception}");
        }
    }
}
