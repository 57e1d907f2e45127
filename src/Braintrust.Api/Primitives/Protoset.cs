using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Braintrust.Api;

/// <summary>The protos with their comments and HTTP rules, as protoc read them.</summary>
public static class Protoset
{
    private static readonly ExtensionRegistry Rules = [AnnotationsExtensions.Http];

    /// <summary>All files, imports included; what depends on another comes after it.</summary>
    public static IReadOnlyList<FileDescriptor> Files() => FileDescriptor.BuildFromByteStrings(
        FileDescriptorSet.Parser.ParseFrom(Bytes()).File.Select(file => file.ToByteString()), Rules);

    /// <summary>A serialised google.protobuf.FileDescriptorSet.</summary>
    public static ByteString Bytes()
    {
        using var resource = typeof(Protoset).Assembly.GetManifestResourceStream("braintrust.protoset")!;
        return ByteString.FromStream(resource);
    }
}
