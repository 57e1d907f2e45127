using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Braintrust;

/// <summary>
/// Three encodings of the same services from one process: native gRPC, gRPC-Web for browsers, and JSON by the
/// google.api.http rules of the protos (AIP-127). All pass the same interceptors.
/// </summary>
internal static class Encodings
{
    /// <summary>How long a browser may remember what it was allowed.</summary>
    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(1);

    /// <summary>Without these a page reads every typed error as a missing trailer.</summary>
    private static readonly string[] Exposed =
    [
        "Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin", "Grpc-Encoding", "Grpc-Accept-Encoding", "Retry-After",
        "RateLimit",
    ];

    public static void AddEncodings(this IServiceCollection services, ServerOptions options)
    {
        services.AddGrpc().AddJsonTranscoding(json =>
        {
            // JSON numbers of many clients are doubles: 64 bits do not survive in them (ProtoJSON asks for strings).
            json.JsonSettings.WriteInt64sAsStrings = true;
            // Details of a status are written by their descriptors: without these an error would be an empty 500.
            json.TypeRegistry = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);
        });
        services.AddCors(cors => cors.AddDefaultPolicy(policy => Allow(policy, options)));
    }

    public static void UseEncodings(this WebApplication app, ServerOptions options)
    {
        app.UseCors();
        app.UseJsonCalls(options.Limits);
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
    }

    private static void Allow(CorsPolicyBuilder policy, ServerOptions options) => policy
        .SetIsOriginAllowed(origin => options.Browser.Allows(origin, options.UsesEmbeddedChain))
        .AllowAnyHeader()
        .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(PreflightAge);
}
