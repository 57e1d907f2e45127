using System.Text.Json;
using Braintrust.Security;

namespace Braintrust;

/// <summary>The retries that clients are told to make (gRPC service config) are safe to make.</summary>
public sealed class ServiceConfigTests
{
    private static readonly JsonElement[] Methods =
    [
        .. JsonDocument.Parse(File.ReadAllText(RepositoryRoot.File("protos", "service_config.json")))
            .RootElement.GetProperty("methodConfig").EnumerateArray(),
    ];

    [Fact]
    public void Every_method_is_repeated_when_the_server_was_away_but_those_that_are_not_repeatable()
    {
        var retried = Methods.Where(method => method.TryGetProperty("retryPolicy", out _)).ToArray();
        Assert.Equal("{}", Assert.Single(Assert.Single(retried).GetProperty("name").EnumerateArray()).GetRawText());
        Assert.Equal(
            ["UNAVAILABLE"],
            retried[0].GetProperty("retryPolicy").GetProperty("retryableStatusCodes").EnumerateArray().Select(code => code.GetString()));

        // A message signs in once; a stream is resumed with its token, not repeated.
        Assert.Equal(
            ["/braintrust.accounts.v1.AccountsService/SignIn", "/braintrust.watch.v1.WatchService/Watch"],
            Methods.Except(retried).SelectMany(method => method.GetProperty("name").EnumerateArray())
                .Select(name => $"/{name.GetProperty("service").GetString()}/{name.GetProperty("method").GetString()}"));
        Assert.All(
            ["/braintrust.accounts.v1.AccountsService/SignIn", "/braintrust.watch.v1.WatchService/Watch"],
            (string name) => Assert.NotNull(RpcPolicy.Find(name)));
    }
}
