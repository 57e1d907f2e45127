using Grpc.Core;

namespace Braintrust.Api;

/// <summary>Metadata of a signed-in call.</summary>
public static class SessionHeaders
{
    public static Metadata Of(string sessionToken) => new() { { "authorization", "Bearer " + sessionToken } };
}
