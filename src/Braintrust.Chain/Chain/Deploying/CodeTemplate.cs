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
    private const byte Invalid = 0xfe;

    /// <summary>Between the pushes of the runtime code's length and place, and after them: SWAP1 DUP2, DUP3 CODECOPY.</summary>
    private static ReadOnlySpan<byte> Between => [0x90, 0x81];

    private static ReadOnlySpan<byte> Copy => [0x82, 0x39];

    /// <summary>Null when the runtime code is not what this creation code makes, all of it.</summary>
    public static CodeTemplate? Match(ReadOnlySpan<byte> creation, ReadOnlySpan<byte> runtime)
    {
        if (Place(creation) is not { } place) return null;
        var template = creation[place];
        return template.Length == runtime.Length && Fill(template, runtime) is { } found
            ? new CodeTemplate(Hash32.Keccak(template), found)
            : null;
    }

    /// <summary>
    /// Where the runtime code stands: what the creation code itself copies and returns. Looking for bytes alone would take
    /// any piece of the code for the whole.
    /// </summary>
    private static Range? Place(ReadOnlySpan<byte> creation)
    {
        for (var at = 0; at < creation.Length; at += 1 + Pushed(creation[at]))
        {
            if (Number(creation, at, out var behind) is not { } length || !creation[behind..].StartsWith(Between)) continue;
            if (Number(creation, behind + Between.Length, out behind) is not { } start || !creation[behind..].StartsWith(Copy)) continue;
            if (start > behind && start + length <= creation.Length && creation[start - 1] == Invalid) return start..(start + length);
        }

        return null;
    }

    /// <summary>The number that a PUSH1 to PUSH3 pushes, and the place behind it.</summary>
    private static int? Number(ReadOnlySpan<byte> code, int at, out int behind)
    {
        behind = at;
        if (at >= code.Length || Pushed(code[at]) is not (>= 1 and <= 3) || at + Pushed(code[at]) >= code.Length) return null;
        behind = at + 1 + Pushed(code[at]);
        var number = 0;
        foreach (var digit in code[(at + 1)..behind]) number = (number << 8) | digit;
        return number;
    }

    private static int Pushed(byte opcode) => opcode is >= Push1 and <= Push32 ? opcode - Push1 + 1 : 0;

    private static ImmutableArray<CodeImmutable>? Fill(ReadOnlySpan<byte> template, ReadOnlySpan<byte> runtime)
    {
        var filled = ImmutableArray.CreateBuilder<CodeImmutable>();
        for (var at = 0; at < template.Length;)
        {
            if (template[at] != runtime[at]) return null;
            var pushed = Pushed(template[at]);
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
