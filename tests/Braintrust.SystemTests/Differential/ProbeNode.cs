using System.Numerics;
using System.Text;
using System.Text.Json;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Testing;

namespace Braintrust.Differential;

/// <summary>One call by one probe, what to read behind it, and the words that the storage holds before.</summary>
internal sealed record Question(Address By, Address To, byte[] Call)
{
    public IReadOnlyList<(Address To, byte[] Call)> Reads { get; init; } = [];
    public IReadOnlyList<(Address Account, Hash32 Slot, Hash32 Word)> Storage { get; init; } = [];
}

/// <summary>What the contract answered or reverted with, and what the reads behind it answered.</summary>
internal sealed record Seen(bool Done, byte[] Answer, byte[][] Answers);

/// <summary>
/// The shipped contracts on a node of their own, with probes for everybody around them. A page of questions is one
/// <c>eth_call</c> at any second, with any storage: nothing is ever mined but the deployment.
/// </summary>
public sealed class ProbeNode : IAsyncLifetime
{
    private const int Probes = 12;

    private static readonly AbiType[] Seens = [AbiType.Parse("(bool,bytes,bytes[])[]")];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(60)).Token;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address[] _probes = [];

    internal ulong ChainId => _chain!.ChainId;
    internal Address Policy => _probes[0];
    internal Address Token => _probes[1];
    internal Address Court => _probes[2];
    internal Address Btrst => _probes[3];

    /// <summary>Who parties are drawn from.</summary>
    internal IReadOnlyList<Address> Parties => _probes[4..];

    internal Address Escrow { get; private set; }
    internal Address PanelCourt { get; private set; }
    internal Address Reputation { get; private set; }

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start(
            "--no-request-size-limit", "--gas-limit", "1000000000000", "--memory-limit", "4000000000");
        _chain = _node.Connect();
        var code = await Code("test", "harness", "Probe.json");
        _probes = new Address[Probes];
        for (var i = 0; i < Probes; i++) _probes[i] = await Deploy(code);
        Escrow = await Deploy(WorkAgreementsContract.DeployData(Policy));
        var bound = AbiCodec.Encode([AbiType.Parse("address"), AbiType.Parse("address")], [Escrow, Treasury]);
        Reputation = await Deploy([.. await Code("artifacts", "Reputation.json"), .. bound]);
        PanelCourt = await Deploy(PanelCourtContract.DeployData(Btrst, Seat, Policy, Treasury));
    }

    /// <summary>Base units of BTRST that a seat at the court locks.</summary>
    internal const ulong Seat = 1_000;

    internal static Address Treasury => DevelopmentKeys.Address(9);

    public async Task DisposeAsync()
    {
        _http.Dispose();
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    /// <param name="now">The second in which all of it happens.</param>
    internal async Task<IReadOnlyList<Seen>> Ask(IReadOnlyList<Question> questions, ulong now)
    {
        var tries = questions.Select(one => new object[]
        {
            one.By, one.To, one.Call, one.Reads.Select(read => (object)new object[] { read.To, read.Call }).ToArray(),
        }).ToArray();
        var data = AbiCodec.EncodeCall("run((address,address,bytes,(address,bytes)[])[])", [tries]);
        var answer = await Post(Body(data, questions.SelectMany(one => one.Storage), now));
        return [.. ((object[])AbiCodec.Decode(Seens, answer)[0]).Cast<object[]>().Select(seen =>
            new Seen((bool)seen[0], (byte[])seen[1], [.. ((object[])seen[2]).Cast<byte[]>()]))];
    }

    private byte[] Body(byte[] data, IEnumerable<(Address Account, Hash32 Slot, Hash32 Word)> storage, ulong now)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WriteNumber("id", 1);
            json.WriteString("method", "eth_call");
            json.WriteStartArray("params");
            json.WriteStartObject();
            json.WriteString("to", _probes[0].ToString());
            json.WriteString("gas", "0x174876e800");
            json.WriteString("data", Hex.Of(data));
            json.WriteEndObject();
            json.WriteStringValue("latest");
            WriteStorage(json, storage);
            json.WriteStartObject();
            json.WriteString("time", $"0x{now:x}");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return body.ToArray();
    }

    private static void WriteStorage(
        Utf8JsonWriter json, IEnumerable<(Address Account, Hash32 Slot, Hash32 Word)> storage)
    {
        json.WriteStartObject();
        foreach (var account in storage.GroupBy(word => word.Account))
        {
            json.WriteStartObject(account.Key.ToString());
            json.WriteStartObject("stateDiff");
            foreach (var word in account) json.WriteString(word.Slot.ToString(), word.Word.ToString());
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private async Task<byte[]> Post(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var response = await _http.PostAsync(_node!.Url, content, _ct);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(_ct));
        return answer.RootElement.TryGetProperty("result", out var result)
            ? Convert.FromHexString(result.GetString().AsSpan(2))
            : throw new InvalidOperationException($"eth_call: {answer.RootElement.GetProperty("error")}");
    }

    private async Task<byte[]> Code(params string[] path)
    {
        using var artifact = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryRoot.File(["contracts", .. path]), _ct));
        return Convert.FromHexString(artifact.RootElement.GetProperty("bytecode").GetString().AsSpan(2));
    }

    private async Task<Address> Deploy(byte[] data)
    {
        var from = DevelopmentKeys.Signer(0);
        var fees = await _chain!.GetFees(_ct);
        var signed = await new Eip1559Transaction(
            ChainId, await _chain.GetNonce(from.Address, BlockId.Pending, _ct), fees.MaxPriorityFeePerGas, fees.MaxFeePerGas,
            8_000_000, null, 0, data).Sign(from, _ct);
        await _chain.SendRaw(signed.Raw, _ct);
        var receipt = await Eventually.Holds(
            async () => await _chain.GetReceipt(signed.Hash, _ct), found => found is not null, TimeSpan.FromSeconds(60), "a receipt");
        Assert.True(receipt!.Succeeded);
        return receipt.Created!.Value;
    }

    /// <summary>The slot of a mapping's value.</summary>
    internal static Hash32 SlotOf(Hash32 key, Hash32 mapping) => Hash32.Keccak([.. key.ToBytes(), .. mapping.ToBytes()]);

    internal static Hash32 Word(BigInteger number)
    {
        var word = new byte[Hash32.Length];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(word, Hash32.Length - bytes.Length);
        return new Hash32(word);
    }

    internal static Hash32 Word(Address address) => new([.. new byte[12], .. address.ToBytes()]);

    internal static BigInteger Number(ReadOnlySpan<byte> word) => new(word, isUnsigned: true, isBigEndian: true);
}
