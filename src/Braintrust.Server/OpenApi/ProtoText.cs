using Google.Protobuf.Reflection;

namespace Braintrust.OpenApi;

/// <summary>What the protos say about themselves.</summary>
internal static class ProtoText
{
    /// <summary>The comment above a declaration, its lines joined; empty when it has none.</summary>
    public static string Comment(this DescriptorBase declared) => string.Join(
        ' ', (declared.Declaration?.LeadingComments ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
