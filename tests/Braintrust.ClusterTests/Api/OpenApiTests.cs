using System.Text.Json;
using System.Text.RegularExpressions;
using Braintrust.Api;
using Braintrust.Security;
using Google.Protobuf.Reflection;

namespace Braintrust;

public sealed class OpenApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private static readonly IReadOnlyList<MethodDescriptor> Methods =
        [.. Protoset.Files().SelectMany(file => file.Services).SelectMany(service => service.Methods)];

    private readonly HttpClient _http = new() { BaseAddress = fixture.Server.Http };

    public void Dispose()
    {
        _http.Dispose();
        fixture.Server.Log.AssertNone();
    }

    [Fact]
    public async Task Every_method_is_an_operation_with_its_comment()
    {
        var operations = await Operations();

        Assert.Equal(
            Methods.Select(method => $"{method.Service.Name}_{method.Name}").Order(),
            operations.Select(Method).Distinct().Order());
        Assert.Equal(operations.Count, operations.Select(operation => operation.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations, operation => Assert.NotEqual("", operation.GetProperty("description").GetString()));
    }

    [Fact]
    public async Task Every_message_and_field_and_enum_is_described()
    {
        var schemas = (await Document()).GetProperty("components").GetProperty("schemas");
        foreach (var schema in schemas.EnumerateObject())
        {
            Assert.True(schema.Value.TryGetProperty("description", out _), schema.Name);
            if (!schema.Value.TryGetProperty("properties", out var properties)) continue;
            foreach (var property in properties.EnumerateObject())
                Assert.True(property.Value.TryGetProperty("description", out _), $"{schema.Name}.{property.Name}");
        }
    }

    [Fact]
    public async Task What_is_open_to_everybody_asks_for_no_session()
    {
        foreach (var operation in await Operations())
        {
            var method = Methods.Single(method => $"{method.Service.Name}_{method.Name}" == Method(operation));
            var open = RpcPolicy.Find($"/{method.Service.FullName}/{method.Name}")!.Access == Access.Anonymous;
            Assert.Equal(open ? 0 : 1, operation.GetProperty("security").GetArrayLength());
        }
    }

    [Fact]
    public async Task Wide_numbers_are_strings_and_a_names_parts_are_path_parameters()
    {
        var document = await Document();
        var chain = document.GetProperty("components").GetProperty("schemas").GetProperty("braintrust.chain.v1.Chain").GetProperty("properties");
        Assert.Equal("string", chain.GetProperty("headNumber").GetProperty("type").GetString());
        Assert.Equal("integer", chain.GetProperty("feeBps").GetProperty("type").GetString());

        var move = document.GetProperty("paths").GetProperty("/v1/agreements/{agreement}:prepareMove").GetProperty("post");
        Assert.Equal("agreement", Assert.Single(move.GetProperty("parameters").EnumerateArray()).GetProperty("name").GetString());
        var body = move.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.False(body.GetProperty("properties").TryGetProperty("name", out _));
        Assert.True(body.GetProperty("properties").TryGetProperty("milestoneIndex", out _));
    }

    [Fact]
    public async Task The_errors_that_a_comment_names_stand_at_the_status_they_come_with()
    {
        var responses = (await Operations()).Single(operation =>
            operation.GetProperty("operationId").GetString() == "ChainService_SubmitTransaction").GetProperty("responses");

        Assert.Contains("CHAIN_MISMATCH", responses.GetProperty("400").GetProperty("description").GetString());
        Assert.Contains("NOT_A_PARTY", responses.GetProperty("403").GetProperty("description").GetString());
        Assert.True(responses.TryGetProperty("default", out _));
    }

    [Fact]
    public async Task The_page_for_people_fetches_nothing_from_elsewhere()
    {
        using var page = await _http.GetAsync("/docs/");
        var text = await page.Content.ReadAsStringAsync();

        Assert.DoesNotContain("http://", text);
        Assert.DoesNotContain("https://", text);
        Assert.StartsWith("default-src 'self';", page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.NotEmpty(await _http.GetByteArrayAsync("/docs/scalar.js"));
    }

    [Fact]
    public async Task Stubs_can_be_generated_from_what_a_server_says_of_itself()
    {
        var files = FileDescriptorSet.Parser.ParseFrom(await _http.GetByteArrayAsync("/braintrust.binpb")).File;

        Assert.Contains(files, file => file.Name == "braintrust/watch/v1/watch.proto");
        Assert.Contains(files, file => file.Name == "google/rpc/error_details.proto");
    }

    /// <summary>A further place of a method has a number behind the method's name.</summary>
    private static string Method(JsonElement operation) => Regex.Replace(operation.GetProperty("operationId").GetString()!, "_[0-9]+$", "");

    private async Task<JsonElement> Document() => JsonDocument.Parse(await _http.GetStringAsync("/openapi.json")).RootElement;

    private async Task<List<JsonElement>> Operations() =>
        [.. (await Document()).GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(verb => verb.Value)];
}
