using System.Text.Json;
using Braintrust.Api;
using Scalar.AspNetCore;

namespace Braintrust.OpenApi;

/// <summary>
/// What this process serves, open to everybody: /docs for people, /openapi.json for JSON clients, /braintrust.binpb (a
/// google.protobuf.FileDescriptorSet, which buf and protoc read) for those who generate stubs.
/// </summary>
internal static class OpenApiPages
{
    private const string Document = "/openapi.json";
    private const string Descriptors = "/braintrust.binpb";
    private const string Page = "/docs";

    /// <summary>The page's script comes from this process; nothing is fetched from, or told to, anybody else.</summary>
    private const string OnlyFromHere =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'";

    public static void MapOpenApiPages(this WebApplication app)
    {
        var document = new Lazy<byte[]>(() => JsonSerializer.SerializeToUtf8Bytes(OpenApiDocument.Make()));
        app.MapGet(Document, () => Results.Bytes(document.Value, "application/json; charset=utf-8"));
        var descriptors = new Lazy<byte[]>(() => Protoset.Bytes().ToByteArray());
        app.MapGet(Descriptors, () => Results.Bytes(descriptors.Value, "application/x-protobuf"));
        app.MapScalarApiReference(Page, page => page
            .WithTitle("Braintrust API")
            .WithOpenApiRoutePattern(Document)
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideDeveloperTools()
            .HideClientButton()
            .PreserveSchemaPropertyOrder()
            .AddPreferredSecuritySchemes([OpenApiDocument.Session])
            .WithDefaultHttpClient(ScalarTarget.Shell, ScalarClient.Curl));
    }

    public static void UseOpenApiPages(this WebApplication app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments(Page),
        docs => docs.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = OnlyFromHere;
            return next(context);
        }));
}
