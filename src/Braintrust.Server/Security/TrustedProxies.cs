using Microsoft.AspNetCore.HttpOverrides;

namespace Braintrust.Security;

/// <summary>Behind proxies the caller's address is the one that they vouch for (X-Forwarded-For), else all clients share a rate.</summary>
internal static class TrustedProxies
{
    public static void UseTrustedProxies(this WebApplication app, ListenOptions listen)
    {
        if (listen.TrustedProxies.Count == 0) return;
        // No limit of hops: reading from the nearest one backwards ends at the first address that is not trusted.
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in listen.TrustedProxies) options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        app.UseForwardedHeaders(options);
    }
}
