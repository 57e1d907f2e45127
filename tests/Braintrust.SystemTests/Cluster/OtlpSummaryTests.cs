using System.Text;
using Google.Protobuf;

namespace Braintrust.Cluster;

/// <summary>What the collector keeps has bounds, whoever sends what.</summary>
public sealed class OtlpSummaryTests
{
    private static readonly byte[] Silo1 =
        Field(1, [.. Attribute("service.name", "braintrust-silo"), .. Attribute("service.instance.id", "silo1")]);

    private readonly OtlpSummary _summary = new();

    [Fact]
    public void Spans_of_one_trace_are_told_together()
    {
        _summary.Add("traces", Request([.. Span("a", "first"), .. Span("b", "other"), .. Span("a", "second")]));

        Assert.Equal(3, Assert.Single(_summary.Services()).Spans);
        var traces = _summary.Traces();
        Assert.Equal(["61", "62"], traces.Select(trace => trace.Id));
        Assert.Equal(["first", "second"], traces[0].Spans);
        Assert.Equal(["silo1"], traces[0].Services);
    }

    [Fact]
    public void The_oldest_traces_and_errors_go_first_and_texts_are_cut()
    {
        var name = new string('x', 2 * OtlpSummary.TextMax);
        for (var i = 0; i <= OtlpSummary.TracesMax; i++) _summary.Add("traces", Request(Span($"{i}", name)));
        for (var i = 0; i <= OtlpSummary.ErrorsMax; i++) _summary.Add("logs", Request([.. Log(17, $"error {i}"), .. Log(9, "as usual")]));

        var traces = _summary.Traces();
        Assert.Equal((OtlpSummary.TracesMax, Convert.ToHexStringLower("1"u8)), (traces.Count, traces[0].Id));
        Assert.Equal(OtlpSummary.TextMax, traces[0].Spans.Single().Length);
        var service = Assert.Single(_summary.Services());
        Assert.Equal((OtlpSummary.ErrorsMax, "error 1"), (service.Errors.Count, service.Errors[0]));
        Assert.Equal(2 * (OtlpSummary.ErrorsMax + 1), service.Logs);
    }

    [Fact]
    public void What_is_no_export_request_is_refused() =>
        Assert.Throws<InvalidProtocolBufferException>(() => _summary.Add("traces", [0x0a, 0xff]));

    private static byte[] Request(byte[] items) => Field(1, [.. Silo1, .. Field(2, items)]);

    private static byte[] Span(string trace, string name) => Field(2, [.. Field(1, Encoding.UTF8.GetBytes(trace)), .. Text(5, name)]);

    private static byte[] Log(byte severity, string body) => Field(2, [0x10, severity, .. Field(5, Text(1, body))]);

    private static byte[] Attribute(string key, string value) => Field(1, [.. Text(1, key), .. Field(2, Text(1, value))]);

    private static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] value)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
        }

        return bytes.ToArray();
    }
}
