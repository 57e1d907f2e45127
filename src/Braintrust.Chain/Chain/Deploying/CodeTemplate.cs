using System.Collections.Immutable;

namespace Braintrust.Chain;

/// <summary>A word that a constructor wrote into runtime code: an immutable of Solidity.</summary>
/// <param name="Offset">Where in the runtime code it stands, bytes.</param>
public sealed record CodeImmutable(int Offset, Hash32 Value);

/// <summary>
/// How runtime code descends from creation code. Solidity's creation code carries the runtime code with zeros after the
/// PUSH32 of each immutable; the constructor fills them in. Everything else must be the same byte for byte.
/// </summary>
/// <param name="TemplateHash">keccak of the runtime code with its immutables as zeros: the same for every deployment.</param>
public sealed record CodeTemplate(Hash32 TemplateHash, ImmutableArray<CodeImmutable> Immutables)
{
    private const byte Push1 = 0x60;
    private const byte Push32 = 0x7f;

    /// <summary>Null when the runtime code is not what this creation code makes.</summary>
    public static CodeTemplate? Match(ReadOnlySpan<byte> creation, ReadOnlySpan<byte> runtime)
    {
        if (runtime.IsEmpty || runtime.Length > creation.Length) return null;
        for (var start = creation.Length - runtime.Length; start > 0; start--)
        {
            var template = creation.Slice(start, runtime.Length);
            if (template[0] == runtime[0] && Fill(template, runtime) is { } found) return new CodeTemplate(Hash32.Keccak(template), found);
        }

        return null;
    }

    private static ImmutableArray<CodeImmutable>? Fill(ReadOnlySpan<byte> template, ReadOnlySpan<byte> runtime)
    {
        var filled = ImmutableArray.CreateBuilder<CodeImmutable>();
        for (var at = 0; at < template.Length;)
        {
            if (template[at] != runtime[at]) return null;
            var pushed = template[at] is >= Push1 and <= Push32 ? template[at] - Push1 + 1 : 0;
            var end = Math.Min(at + 1 + pushed, template.Length);
            var told = template[(at + 1)..end];
            var stands = runtime[(at + 1)..end];
            if (pushed == Hash32.Length && told.Length == pushed && !told.ContainsAnyExcept((byte)0)) filled.Add(new(at + 1, new Hash32(stands)));
            else if (!told.SequenceEqual(stands)) return null;
            at = end;
        }

        return filled.ToImmutable();
    }
}
