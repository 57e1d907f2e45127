using Grpc.Core;

namespace Braintrust.Api.Accounts;

/// <summary>Metadata of a signed-in call.</summary>
public static class SessionHeaders
{
    public static Metadata Of(string sessionToken) => new() { { "authorization", "Bearer " + sessionToken } };
}
