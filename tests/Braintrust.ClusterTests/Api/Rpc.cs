using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Google.Rpc;
using Grpc.Core;

namespace Braintrust;

/// <summary>What a refused call must look like.</summary>
public static class Rpc
{
    public static async Task<RpcException> Refused(Func<Task> call, StatusCode status, ErrorReason reason, string? field = null)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(error.StatusCode == status, error.ToString());
        Assert.Equal(reason, error.Reason());
        Assert.Equal("braintrust", error.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Domain);
        if (field is not null) Assert.Equal(field, error.Field());
        if (field is not null && status == StatusCode.InvalidArgument)
            Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
        if (status == StatusCode.Unavailable) Assert.NotNull(error.RetryAfter());
        return error;
    }

    public static Task<RpcException> Refused<T>(Task<T> call, StatusCode status, ErrorReason reason, string? field = null) =>
        Refused(async () => await call, status, reason, field);

    public static Task<RpcException> Refused<T>(AsyncUnaryCall<T> call, StatusCode status, ErrorReason reason, string? field = null) =>
        Refused(async () => await call, status, reason, field);
}
