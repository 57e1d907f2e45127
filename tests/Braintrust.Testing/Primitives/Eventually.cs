using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Braintrust.Testing;

/// <summary>Waits for conditions outside this process, with a bound: a timeout is missing evidence and fails.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again until the answer is as wanted, and answers it.</summary>
    /// <exception cref="TimeoutException">Never within the bound; the message holds the last answer.</exception>
    public static async Task<T> Holds<T>(Func<Task<T>> ask, Func<T, bool> wanted, TimeSpan within, string what)
    {
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Interval);
        T answer;
        do
        {
            answer = await ask();
            if (wanted(answer)) return answer;
        }
        while (waited.Elapsed < within && await timer.WaitForNextTickAsync());

        throw new TimeoutException($"Not within {within.TotalSeconds:F0} s: {what}. Last seen: {answer}");
    }

    /// <summary>Waits until a text matches.</summary>
    /// <param name="grows">False once the text cannot grow any more.</param>
    public static async Task<Match> Match(Func<string> text, string pattern, TimeSpan within, Func<bool> grows)
    {
        var expression = new Regex(pattern, RegexOptions.Multiline);
        return (await Holds(() =>
        {
            var alive = grows();
            var match = expression.Match(text());
            return match.Success || alive
                ? Task.FromResult(match)
                : throw new InvalidOperationException($"The program ended without '{pattern}': {text()}");
        }, match => match.Success, within, $"'{pattern}' in: {text()}"));
    }
}
