using System.Text.Json.Nodes;
using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Security;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Braintrust.OpenApi;

/// <summary>
/// OpenAPI 3.1 of everything that is served in JSON, made of the protos: their google.api.http rules are the paths, their
/// comments the descriptions, <see cref="RpcPolicy"/> says what needs a session.
/// </summary>
internal sealed class OpenApiDocument
{
    internal const string Session = "session";

    private readonly JsonSchemas _schemas = new();
    private readonly JsonObject _paths = [];
    private readonly JsonArray _tags = [];
    private readonly DocumentedErrors _errors;

    private OpenApiDocument(IReadOnlyList<FileDescriptor> files)
    {
        _errors = new DocumentedErrors(files.SelectMany(file => file.EnumTypes).Single(type => type.Name == nameof(ErrorReason)));
        foreach (var service in files.SelectMany(file => file.Services)) Add(service);
        // No method answers a status, every method may end with one and with these details.
        foreach (var name in (string[])["Status", "ErrorInfo", "BadRequest", "RetryInfo"])
            _schemas.Of(files.SelectMany(file => file.MessageTypes).Single(type => type.FullName == $"google.rpc.{name}"));
    }

    public static JsonObject Make() => new OpenApiDocument(Protoset.Files()).Whole();

    internal static JsonObject Json(JsonObject schema) =>
        new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private JsonObject Whole() => new()
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject
        {
            ["title"] = "Braintrust",
            ["version"] = "v1",
            ["description"] = """
                The JSON encoding of the services in `protos/`; gRPC and gRPC-Web carry the same. 64-bit numbers and sums are
                strings. An error is a `google.rpc.Status` whose details name a stable reason. Send the token that
                `accounts:signIn` answers as `Authorization: Bearer TOKEN`.
                """.ReplaceLineEndings(" "),
            ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
        },
        ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
        ["tags"] = _tags,
        ["paths"] = _paths,
        ["components"] = new JsonObject
        {
            ["schemas"] = _schemas.Components(),
            ["securitySchemes"] = new JsonObject
            {
                [Session] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "The session token of accounts:signIn." },
            },
        },
    };

    private void Add(ServiceDescriptor service)
    {
        _tags.Add(new JsonObject { ["name"] = service.Name, ["description"] = service.Comment() });
        foreach (var (method, i, place) in service.Methods.SelectMany(method => HttpPlace.Of(method).Select((place, i) => (method, i, place))))
        {
            if (_paths[place.Path] is not JsonObject item) _paths[place.Path] = item = [];
            var id = $"{service.Name}_{method.Name}";
            item[place.Verb] = Operation(i == 0 ? id : $"{id}_{i + 1}", method, place);
        }
    }

    private JsonObject Operation(string id, MethodDescriptor method, HttpPlace place)
    {
        var comment = method.Comment();
        var open = RpcPolicy.Find($"/{method.Service.FullName}/{method.Name}")?.Access == Access.Anonymous;
        var operation = new JsonObject
        {
            ["operationId"] = id,
            ["summary"] = method.Name,
            ["description"] = comment,
            ["tags"] = new JsonArray(method.Service.Name),
            ["security"] = open ? new JsonArray() : new JsonArray(new JsonObject { [Session] = new JsonArray() }),
        };
        var parameters = new JsonArray([.. Parameters(method.InputType, place)]);
        if (parameters.Count > 0) operation["parameters"] = parameters;
        if (Body(method.InputType, place) is { } body) operation["requestBody"] = body;
        operation["responses"] = Responses(method, comment);
        return operation;
    }

    private IEnumerable<JsonNode> Parameters(MessageDescriptor request, HttpPlace place)
    {
        foreach (var variable in place.Variables)
        {
            yield return new JsonObject
            {
                ["name"] = variable.Name,
                ["in"] = "path",
                ["required"] = true,
                ["description"] = $"Part of `{variable.Field.JsonName}`, {variable.Pattern}: {variable.Field.Comment()}",
                ["schema"] = new JsonObject { ["type"] = "string" },
            };
        }

        if (place.Body == "*") yield break;
        foreach (var field in request.Fields.InDeclarationOrder().Where(field => field.Name != place.Body && !Bound(place, field)))
        {
            var schema = _schemas.Of(field);
            schema.Remove("description");
            yield return new JsonObject
            {
                ["name"] = field.JsonName, ["in"] = "query", ["description"] = field.Comment(), ["schema"] = schema,
            };
        }
    }

    private JsonObject? Body(MessageDescriptor request, HttpPlace place) => place.Body switch
    {
        "" => null,
        "*" when place.Variables.Count == 0 => Required(_schemas.Of(request)),
        "*" => Required(_schemas.Object(request, request.Fields.InDeclarationOrder().Where(field => !Bound(place, field)))),
        var name => Required(_schemas.Of(request.FindFieldByName(name))),
    };

    private JsonObject Responses(MethodDescriptor method, string comment)
    {
        var answer = method.OutputType.Comment();
        var responses = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = method.IsServerStreaming ? $"{answer} One JSON object a line, until the stream ends." : answer,
                ["content"] = Json(_schemas.Of(method.OutputType)),
            },
        };
        foreach (var (status, response) in _errors.Of(comment)) responses[status] = response;
        return responses;
    }

    private static bool Bound(HttpPlace place, FieldDescriptor field) => place.Variables.Any(variable => variable.Field == field);

    private static JsonObject Required(JsonObject schema) => new() { ["required"] = true, ["content"] = Json(schema) };
}
