using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Braintrust.Api;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Braintrust.Web;

/// <summary>A call by its descriptor, which any encoding can make of it.</summary>
/// <param name="Method">As the generated stubs describe it.</param>
public sealed record EncodedCall(MethodDescriptor Method, IMessage Request, bool SignedIn)
{
    /// <summary>Every method that the stubs were generated for.</summary>
    public static IReadOnlyList<MethodDescriptor> Methods { get; } =
    [
        .. typeof(Protoset).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>()
            .SelectMany(file => file.Services).SelectMany(service => service.Methods),
    ];

    public string Path => $"/{Method.Service.FullName}/{Method.Name}";

    /// <summary>The method whose request this is.</summary>
    public static EncodedCall Of(IMessage request) =>
        new(Methods.Single(method => method.InputType == request.Descriptor), request, SignedIn: true);

    /// <summary>A request that says nothing but what its place in HTTP cannot do without: names of nothing.</summary>
    public static EncodedCall Empty(MethodDescriptor method, bool signedIn)
    {
        var request = method.InputType.Parser.ParseFrom(ByteString.Empty);
        foreach (Match variable in Variable().Matches(Template(Rule(method))))
            Set(request, variable.Groups[1].Value, variable.Groups[2].Value.Replace("*", "nothing"));
        return new EncodedCall(method, request, signedIn);
    }

    /// <summary>What curl is to be told, by the method's google.api.http rule (AIP-127).</summary>
    public IEnumerable<string> Curl(string server)
    {
        var rule = Rule(Method);
        var (path, query) = (Variable().Replace(Template(rule), variable => Get(Request, variable.Groups[1].Value)), new StringBuilder());
        var said = JsonDocument.Parse(JsonFormatter.Default.Format(Request)).RootElement;
        foreach (var field in Method.InputType.Fields.InDeclarationOrder())
            if (rule.Body != "*" && !Template(rule).Contains($"{{{field.Name}=") && said.TryGetProperty(field.JsonName, out var value)
                && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                query.Append(query.Length == 0 ? '?' : '&').Append(field.JsonName).Append('=').Append(Uri.EscapeDataString(value.ToString()));
        yield return server + path + query;
        yield return "-X";
        yield return rule.PatternCase.ToString().ToUpperInvariant();
        if (rule.Body.Length == 0) yield break;
        foreach (var part in (string[])["-H", "content-type: application/json", "-d"]) yield return part;
        yield return rule.Body == "*"
            ? JsonFormatter.Default.Format(Request)
            : JsonFormatter.Default.Format((IMessage)Method.InputType.FindFieldByName(rule.Body).Accessor.GetValue(Request));
    }

    private static HttpRule Rule(MethodDescriptor method) => method.GetOptions().GetExtension(AnnotationsExtensions.Http);

    private static string Template(HttpRule rule) => rule.Get + rule.Post + rule.Put + rule.Patch + rule.Delete;

    private static string Get(IMessage message, string path)
    {
        var (owner, field) = Find(message, path);
        return (string)field.Accessor.GetValue(owner);
    }

    private static void Set(IMessage message, string path, string value)
    {
        var (owner, field) = Find(message, path);
        field.Accessor.SetValue(owner, value);
    }

    private static (IMessage Owner, FieldDescriptor Field) Find(IMessage message, string path)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            var field = message.Descriptor.FindFieldByName(name);
            if (field.Accessor.GetValue(message) is null) field.Accessor.SetValue(message, field.MessageType.Parser.ParseFrom(ByteString.Empty));
            message = (IMessage)field.Accessor.GetValue(message);
        }

        return (message, message.Descriptor.FindFieldByName(names[^1]));
    }

    private static Regex Variable() => new(@"\{([a-z_.]+)=([^}]+)\}");
}
