using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;

namespace Braintrust.Chain.Generator;

/// <summary>Solidity names as C# names.</summary>
internal static class Names
{
    public static bool IsIdentifier(string name) => SyntaxFacts.IsValidIdentifier(name);

    /// <summary>feesOf, FEE_BPS, _owner: FeesOf, FeeBps, Owner.</summary>
    public static string Pascal(string name)
    {
        var words = name.Split('_').Where(word => word.Length > 0).Select(word =>
            char.ToUpperInvariant(word[0]) + (IsUpper(word) ? word.Substring(1).ToLowerInvariant() : word.Substring(1)));
        var pascal = string.Concat(words).Replace("$", "");
        return pascal.Length == 0 ? "Unnamed" : char.IsDigit(pascal[0]) ? "N" + pascal : pascal;
    }

    /// <summary>A parameter name that is no keyword and none of <paramref name="taken"/>.</summary>
    public static string Camel(string pascal, ISet<string> taken)
    {
        var camel = char.ToLowerInvariant(pascal[0]) + pascal.Substring(1);
        while (!taken.Add(camel)) camel += "Value";
        return SyntaxFacts.GetKeywordKind(camel) == SyntaxKind.None ? camel : "@" + camel;
    }

    /// <summary>A member name, in Pascal case, that is none of <paramref name="taken"/>.</summary>
    public static string Member(AbiParameter parameter, int index, ISet<string> taken)
    {
        var name = parameter.Name.Length == 0 ? "Arg" + index : Pascal(parameter.Name);
        while (!taken.Add(name)) name += "Value";
        return name;
    }

    /// <summary>FEE_BPS, ANCHOR.</summary>
    public static bool IsConstant(string name) => name.Any(char.IsUpper) && !name.Any(char.IsLower);

    private static bool IsUpper(string word) => word.Length > 1 && !word.Any(char.IsLower);
}
