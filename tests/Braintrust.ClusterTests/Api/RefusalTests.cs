using Braintrust.Api.Primitives.V1;
using Google.Rpc;
using Grpc.Core;

namespace Braintrust;

public sealed class RefusalTests
{
    [Fact]
    public void Refusals_and_reasons_agree_name_by_name()
    {
        ErrorReason[] notRefusals = [ErrorReason.Unspecified, ErrorReason.Unavailable, ErrorReason.Internal];

        Assert.Equal(
            Enum.GetNames<RefusalCode>().Except([nameof(RefusalCode.None)]).Order(),
            Enum.GetValues<ErrorReason>().Except(notRefusals).Select(reason => reason.ToString()).Order());
        foreach (var code in Enum.GetValues<RefusalCode>().Except([RefusalCode.None]))
            Assert.Equal((int)code, (int)Refusals.Reason(code));
    }

    [Fact]
    public void Every_refusal_becomes_the_status_that_its_reason_is_documented_with()
    {
        var documented = Documented();
        foreach (var code in Enum.GetValues<RefusalCode>().Except([RefusalCode.None]))
        {
            var status = new Refusal(code, "No.").ToRpc().StatusCode;
            Assert.True(documented[Refusals.Name(Refusals.Reason(code))] == status, $"{code} is {status}");
        }
    }

    [Fact]
    public void A_refusal_tells_its_reason_its_field_and_the_contracts_error()
    {
        var status = new Refusal(RefusalCode.SignatureInvalid, "Not signed.", "signature").ToRpc().GetRpcStatus()!;
        Assert.Equal("Not signed.", status.Message);
        Assert.Equal("SIGNATURE_INVALID", status.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal("signature", Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Field);

        var reverted = new Refusal(RefusalCode.SimulationReverted, "No.", Error: "NonceSpent").ToRpc().GetRpcStatus()!;
        Assert.Equal("NonceSpent", reverted.GetDetail<ErrorInfo>()!.Metadata["error"]);
    }

    [Fact]
    public void A_bug_tells_nothing_but_where_to_look()
    {
        var status = Refusals.Internal("0HX:1").GetRpcStatus()!;

        Assert.Equal((int)StatusCode.Internal, status.Code);
        Assert.Equal("0HX:1", status.GetDetail<ErrorInfo>()!.Metadata["request_id"]);
        Assert.Single(status.Details);
    }

    /// <summary>The status that errors.proto names in the comment above each reason.</summary>
    private static Dictionary<string, StatusCode> Documented()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "errors.proto"));
        var found = new Dictionary<string, StatusCode>();
        for (var i = 1; i < lines.Length; i++)
        {
            var name = lines[i].Trim().Split(' ')[0];
            if (!name.StartsWith("ERROR_REASON_", StringComparison.Ordinal)) continue;
            var named = Enum.GetValues<StatusCode>().Where(status =>
                lines[i - 1].Contains($" {Upper(status)}", StringComparison.Ordinal)).ToArray();
            if (named.Length == 1) found.Add(name["ERROR_REASON_".Length..], named[0]);
        }

        return found;
    }

    private static string Upper(StatusCode status) =>
        string.Concat(status.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));
}
