using System.Buffers;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>Collects what a chain hands on.</summary>
internal sealed class LogSink : ILogSink
{
    public List<string> Seen { get; } = [];

    public void OnLog(in LogEntry log) => Seen.Add(
        $"{log.BlockNo}/{log.LogIndex} {log.Contract} {log.Topics.Length} {Convert.ToHexStringLower(log.Data)}{(log.Removed ? " removed" : "")}");
}

/// <summary>Keeps nothing.</summary>
internal sealed class CountingSink : ILogSink
{
    public void OnLog(in LogEntry log)
    {
    }
}

/// <summary>Logs parsed while they arrive: in pieces of any size, with anything in them.</summary>
public sealed class LogReaderTests(ITestOutputHelper output)
{
    private static readonly Address Contract = DevelopmentKeys.Address(0);
    private static readonly LogFilter Wanted = LogFilter.Range([Contract], 1, 9);

    [Fact]
    public void Pieces_of_every_size_give_the_same_logs()
    {
        var json = Answer(Log(1, 0), Log(1, 1, data: new string('a', 300)), Log(2, 0, topics: 4, extra: """ "deep":{"a":[1,{"b":2}]}, """));
        var whole = Parse(json, json.Length);
        Assert.Equal(3, whole.Count);
        Assert.Equal($"1/0 {Contract} 1 0102", whole[0]);
        for (var piece = 1; piece < 200; piece++) Assert.Equal(whole, Parse(json, piece));
    }

    [Fact]
    public void Data_larger_than_every_buffer_arrives_whole()
    {
        var data = new string('7', 400_000);
        Assert.EndsWith(data, Parse(Answer(Log(1, 0, data: data)), 4096).Single());
    }

    [Fact]
    public void Members_in_any_order_escapes_and_removed_logs_are_read()
    {
        var log = Log(3, 2).Replace("\"logIndex\":\"0x2\"", "\"logIndex\":\"\\u0030x2\"").Replace("\"removed\":false", "\"removed\":true");
        Assert.Equal([$"3/2 {Contract} 1 0102 removed"], Parse($$"""{"result":[{{log}}],"error":null,"extra":[[]],"id":1}""", 7));
    }

    [Fact]
    public void No_logs_are_no_logs() => Assert.Empty(Parse(Answer(), 3));

    [Theory]
    [InlineData("\"blockNumber\":\"0x1\"", "\"blockNumber\":\"0xa\"")]
    [InlineData("\"blockNumber\":\"0x1\"", "\"blockNumber\":null")]
    [InlineData("\"blockNumber\":\"0x1\"", "\"blockNumber\":\"0x\"")]
    [InlineData("\"blockNumber\":\"0x1\"", "\"blockNumber\":\"1\"")]
    [InlineData("\"blockNumber\":\"0x1\"", "\"blockNumber\":\"0x10000000000000001\"")]
    [InlineData("\"blockNumber\":\"0x1\",", "")]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x100000000\"")]
    [InlineData("\"data\":\"0x0102\"", "\"data\":\"0x010\"")]
    [InlineData("\"data\":\"0x0102\"", "\"data\":\"0x010g\"")]
    [InlineData("\"data\":\"0x0102\"", "\"data\":17")]
    [InlineData("\"data\":\"0x0102\"", "\"data\":\"0102\"")]
    [InlineData("\"topics\":[", "\"topics\":[[],")]
    [InlineData("\"topics\":[", "\"topics\":[\"0x12\",")]
    [InlineData("\"removed\":false", "\"removed\":\"no\"")]
    public void A_malformed_log_breaks_the_protocol(string good, string bad)
    {
        var json = Answer(Log(1, 0));
        Assert.Contains(good, json);
        Assert.Throws<ChainProtocolException>(() => Parse(json.Replace(good, bad), 16));
    }

    [Fact]
    public void Logs_nobody_asked_for_break_the_protocol()
    {
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(1, 0, contract: DevelopmentKeys.Address(1))), 16));
        var one = LogFilter.Block([Contract], Hash32.Keccak([99]));
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(1, 0)), 16, one));
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(1, 0, topics: 5)), 16));
    }

    [Fact]
    public void Unsorted_and_repeated_logs_break_the_protocol()
    {
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(2, 0), Log(1, 0)), 16));
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(1, 1), Log(1, 0)), 16));
        Assert.Throws<ChainProtocolException>(() => Parse(Answer(Log(1, 1), Log(1, 1)), 16));
    }

    [Theory]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":2,"result":[]}""")]
    [InlineData("""{"result":[]}""")]
    [InlineData("""{"id":1,"result":{}}""")]
    [InlineData("""{"id":1,"result":"0x"}""")]
    [InlineData("""{"id":1,"result":[[]]}""")]
    [InlineData("""{"id":1,"result":[1]}""")]
    [InlineData("""{"id":1,"result":[],"result":[]}""")]
    [InlineData("[]")]
    [InlineData("7")]
    public void An_answer_of_another_shape_breaks_the_protocol(string json) =>
        Assert.Throws<ChainProtocolException>(() => Parse(json, 5));

    [Fact]
    public void An_error_is_told_wherever_it_stands()
    {
        var error = Assert.Throws<RpcErrorException>(() => Parse("""{"id":null,"error":{"data":{"x":["y"]},"message":"more than 10 results","code":-32005}}""", 4));
        Assert.Equal("eth_getLogs: more than 10 results (-32005)", error.Message);
        Assert.Throws<ChainUnavailableException>(() => Parse("""{"id":1,"result":null}""", 4));
    }

    [Fact]
    public void Ten_thousand_logs_are_read_without_garbage()
    {
        var json = Encoding.UTF8.GetBytes(Answer([.. Enumerable.Range(0, 10_000).Select(i => Log(1, (uint)i, topics: 3))]));
        var reader = new LogReader(Wanted, new CountingSink(), 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        reader.Parse(new ReadOnlySequence<byte>(json), isLast: true);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
        Assert.Equal(10_000, reader.Finish());
    }

    [Fact]
    public void A_mutated_answer_never_gives_another_kind_of_exception()
    {
        const int Seed = 20_251, Runs = 20_000;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var good = Encoding.UTF8.GetBytes(Answer(Log(1, 0), Log(1, 1, topics: 3), Log(2, 0)));
        for (var run = 0; run < Runs; run++)
        {
            var bytes = Mutation.Of(good, random);
            try
            {
                Parse(bytes, 1 + random.Next(bytes.Length + 1), Wanted);
            }
            catch (Exception told) when (told is ChainProtocolException or ChainUnavailableException or RpcErrorException or JsonException)
            {
                // What the transport turns into the port's failures.
            }
        }
    }

    private static string Answer(params string[] logs) => $$"""{"jsonrpc":"2.0","id":1,"result":[{{string.Join(",", logs)}}]}""";

    private static string Log(ulong block, uint index, int topics = 1, string data = "0102", Address? contract = null, string extra = "") =>
        $$"""
        {{{extra}}"address":"{{contract ?? Contract}}","topics":[{{string.Join(",", Enumerable.Repeat($"\"{Hash32.Keccak([1])}\"", topics))}}],
        "data":"0x{{data}}","blockHash":"{{Hash32.Keccak([(byte)block])}}","blockNumber":"0x{{block:x}}","transactionHash":"{{Hash32.Keccak([2])}}",
        "transactionIndex":"0x0","logIndex":"0x{{index:x}}","removed":false}
        """;

    private static List<string> Parse(string json, int piece, LogFilter? filter = null) =>
        Parse(Encoding.UTF8.GetBytes(json), piece, filter ?? Wanted);

    /// <summary>As the pipe does: what is not consumed comes again with the next piece.</summary>
    private static List<string> Parse(byte[] json, int piece, LogFilter filter)
    {
        var sink = new LogSink();
        var reader = new LogReader(filter, sink, 1);
        var (from, to) = (0, 0);
        do
        {
            to = Math.Min(json.Length, to + piece);
            var buffer = new ReadOnlySequence<byte>(json, from, to - from);
            from += (int)buffer.GetOffset(reader.Parse(buffer, to == json.Length)) - (int)buffer.GetOffset(buffer.Start);
        }
        while (to < json.Length);

        Assert.Equal(reader.Finish(), sink.Seen.Count);
        return sink.Seen;
    }
}

/// <summary>Bytes with a few faults: flipped, cut, repeated, replaced.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] good, Random random)
    {
        var bytes = good.ToList();
        for (var faults = 1 + random.Next(3); faults > 0 && bytes.Count > 0; faults--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(40))); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(40)))); break;
                case 4: bytes[at] = 0xFF; break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
