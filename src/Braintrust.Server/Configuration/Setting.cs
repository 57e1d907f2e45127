using System.Runtime.CompilerServices;

namespace Braintrust;

/// <summary>Checks of settings whose complaints name the setting, its unit and its default.</summary>
public static class Setting
{
    public static IEnumerable<string> Range(
        long value, long min, long max, string unit, long standard, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < min || value > max)
            yield return $"{name} is {value}: it must be {min} to {max} {unit} (default {standard}).";
    }
}
