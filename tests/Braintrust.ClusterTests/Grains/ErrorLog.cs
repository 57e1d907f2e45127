using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Braintrust;

/// <summary>Keeps what a cluster logged as an error: a test that did not announce it fails.</summary>
public sealed class ErrorLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _errors = new();
    // What Orleans says of messages that were still underway to a silo that stops, whoever let go of them.
    private readonly ConcurrentBag<string> _expected = ["is shutting down"];

    /// <summary>Errors that contain the text are part of what a test provokes.</summary>
    public void Expect(string text) => _expected.Add(text);

    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Fails on every error since the last time it was asked.</summary>
    public void AssertNone()
    {
        var logged = new List<string>();
        while (_errors.TryDequeue(out var error)) logged.Add(error);
        var unexpected = logged.Where(error => !_expected.Any(error.Contains)).ToArray();
        Assert.True(unexpected is [], "Errors were logged:\n" + string.Join('\n', unexpected));
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose() { }

    private sealed class Category(ErrorLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => level >= LogLevel.Error;

        public void Log<TState>(
            LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            if (IsEnabled(level)) log._errors.Enqueue($"{name}: {format(state, exception)} {exception}");
        }
    }
}
