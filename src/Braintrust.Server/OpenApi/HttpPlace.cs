using System.Text;
using Google.Api;
using Google.Protobuf.Reflection;

namespace Braintrust.OpenApi;

/// <summary>A variable of a path: a field of the request, or one wildcard inside it.</summary>
/// <param name="Name">As the path names it.</param>
/// <param name="Field">The request's field it fills.</param>
/// <param name="Pattern">What the field becomes, such as "agreements/{agreement}"; the bare variable when it is the whole field.</param>
internal sealed record PathVariable(string Name, FieldDescriptor Field, string Pattern);

/// <summary>Where a google.api.http rule puts a method, in OpenAPI's words.</summary>
/// <param name="Verb">get, post, put, patch or delete.</param>
/// <param name="Path">With one variable for each wildcard: OpenAPI has none that spans a slash.</param>
/// <param name="Body">Empty, "*", or the request's field that is the body.</param>
internal sealed record HttpPlace(string Verb, string Path, string Body, IReadOnlyList<PathVariable> Variables)
{
    /// <summary>The place of the method and its further ones; none for a method without a rule, which is not served in JSON.</summary>
    public static IEnumerable<HttpPlace> Of(MethodDescriptor method) =>
        method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule
            ? rule.AdditionalBindings.Prepend(rule).Select(one => Of(one, method.InputType))
            : [];

    private static HttpPlace Of(HttpRule rule, MessageDescriptor request)
    {
        var (verb, template) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("get", rule.Get),
            HttpRule.PatternOneofCase.Post => ("post", rule.Post),
            HttpRule.PatternOneofCase.Put => ("put", rule.Put),
            HttpRule.PatternOneofCase.Patch => ("patch", rule.Patch),
            HttpRule.PatternOneofCase.Delete => ("delete", rule.Delete),
            _ => throw new NotSupportedException($"{request.FullName} has a rule of kind {rule.PatternCase}."),
        };
        var variables = new List<PathVariable>();
        return new HttpPlace(verb, Expand(template, request, variables), rule.Body, variables);
    }

    private static string Expand(string template, MessageDescriptor request, List<PathVariable> variables)
    {
        var path = new StringBuilder();
        while (template.IndexOf('{') is >= 0 and var open)
        {
            var close = template.IndexOf('}', open);
            var variable = template[(open + 1)..close].Split('=');
            var pattern = variable.Length == 1 ? "*" : variable[1];
            path.Append(template, 0, open).Append(Wildcards(pattern, Find(request, variable[0]), variables));
            template = template[(close + 1)..];
        }

        return path.Append(template).ToString();
    }

    /// <summary>"jobs/*/bids/*" becomes "jobs/{job}/bids/{bid}", "threads/*/*" becomes "threads/{collection}/{id}".</summary>
    private static string Wildcards(string pattern, FieldDescriptor field, List<PathVariable> variables)
    {
        if (pattern is "*" or "**")
        {
            variables.Add(new PathVariable(field.JsonName, field, $"{{{field.JsonName}}}"));
            return $"{{{field.JsonName}}}";
        }

        var segments = pattern.Split('/');
        var names = new List<string>();
        for (var i = 1; i < segments.Length; i++)
        {
            if (segments[i] is not ("*" or "**")) continue;
            // Two in a row are the name of something else: its collection, then its id.
            names.Add(segments.ElementAtOrDefault(i + 1) is "*" ? "collection" : segments[i - 1].StartsWith('{') ? "id" : Singular(segments[i - 1]));
            segments[i] = $"{{{names[^1]}}}";
        }

        var expanded = string.Join('/', segments);
        variables.AddRange(names.Select(name => new PathVariable(name, field, expanded)));
        return expanded;
    }

    private static FieldDescriptor Find(MessageDescriptor message, string path)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1]) message = message.FindFieldByName(name).MessageType;
        return message.FindFieldByName(names[^1]);
    }

    private static string Singular(string collection) => collection switch
    {
        _ when collection.EndsWith("ies", StringComparison.Ordinal) => collection[..^3] + "y",
        _ when collection.EndsWith("sses", StringComparison.Ordinal) => collection[..^2],
        _ when collection.EndsWith('s') => collection[..^1],
        _ => collection,
    };
}
