using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using Token = Braintrust.Chain.Contracts.BraintrustTokenContract;

namespace Braintrust.Benchmarks;

/// <summary>
/// An anvil with real logs of the real WorkAgreements contract: agreements of four milestones are funded, delivered and
/// released by many employers and talents, so sizes and kinds are those of use. Groups of agreements start one block
/// after another: every block holds all kinds of log. Gas is free and any account may send, which is what makes filling
/// it take seconds.
/// </summary>
internal sealed class AgreementChain(AnvilServer node) : IAsyncDisposable
{
    private const int GroupSize = 2;
    private const int Employers = 20;
    private const int Talents = 200;

    private readonly AgreementWriter _writer = new(node.Url);
    private readonly Dictionary<string, ulong> _nonces = [];

    public AnvilServer Node => node;

    public JsonRpcChain Rpc { get; } =
        new(new JsonRpcChainOptions { HttpUrl = node.Url, ChainId = DevelopmentKeys.ChainId }, TimeProvider.System);

    public Address Escrow => _writer.Escrow;

    public ulong FirstBlock { get; private set; }

    public int Logs { get; private set; }

    public static async Task<AgreementChain> Start(int logs, int seed)
    {
        var chain = new AgreementChain(await AnvilServer.Start(
            "--no-mining", "--auto-impersonate", "--base-fee", "0", "--gas-price", "0", "--gas-limit", "1000000000", "--order", "fifo"));
        await chain.Fill(logs, new Random(seed));
        return chain;
    }

    public async Task<ulong> Head() => (await Rpc.GetHeader(BlockId.Latest, default))!.Number;

    /// <summary>The body of one eth_getLogs question, as it goes over the wire.</summary>
    public string Question(ulong from, ulong to) =>
        AgreementWriter.Call("eth_getLogs", new JsonObject
        {
            ["fromBlock"] = $"0x{from:x}", ["toBlock"] = $"0x{to:x}", ["address"] = new JsonArray($"{Escrow}"),
        }).ToJsonString();

    public async ValueTask DisposeAsync()
    {
        _writer.Dispose();
        Rpc.Dispose();
        await node.DisposeAsync();
    }

    private async Task Fill(int logs, Random random)
    {
        var employers = await Prepare();
        var now = (await Rpc.GetHeader(BlockId.Latest, default))!.Time.Seconds;
        var talents = Enumerable.Range(0, Talents).Select(i => new LocalSigner(Key("talent", i), DevelopmentKeys.ChainId)).ToArray();
        var offers = new SignedOffer[Math.Max(1, logs / AgreementWriter.Actions)];
        for (var i = 0; i < offers.Length; i++)
            offers[i] = await _writer.Offer(i, employers[random.Next(Employers)], talents[random.Next(Talents)], now, random);
        var groups = offers.Chunk(GroupSize).ToArray();
        for (var block = 0; block < groups.Length + AgreementWriter.Actions - 1; block++)
            await Mine(groups.Index()
                .Where(group => block - group.Index is >= 0 and < AgreementWriter.Actions)
                .SelectMany(group => group.Item.Select(offer => _writer.Act(offer, block - group.Index))));
        Logs = offers.Length * AgreementWriter.Actions;
    }

    /// <summary>Deploys the contracts and gives the employers what they will spend.</summary>
    private async Task<Address[]> Prepare()
    {
        var deployer = DevelopmentKeys.Address(0);
        (_writer.Token, _writer.Escrow) = (ContractAddress.Of(deployer, 0), ContractAddress.Of(deployer, 2));
        var policy = DevelopmentContracts.PolicyData(
            deployer, DevelopmentKeys.Address(9), AgreementWriter.FeeBps, [new(_writer.Token, 1, 1)], []);
        await Mine([
            AgreementWriter.Send(deployer, null, Token.DeployData(deployer)),
            AgreementWriter.Send(deployer, null, policy),
            AgreementWriter.Send(deployer, null, Law.DeployData(ContractAddress.Of(deployer, 1))),
        ]);
        FirstBlock = await Head();
        var employers = Enumerable.Range(0, Employers).Select(i => new Address(Key("employer", i)[..Address.Length])).ToArray();
        await Mine(employers.SelectMany(employer => new[]
        {
            AgreementWriter.Send(deployer, _writer.Token, Token.Transfer.Encode(employer, BigInteger.Pow(10, 24))),
            AgreementWriter.Send(employer, _writer.Token, Token.Approve.Encode(Escrow, BigInteger.Pow(2, 256) - 1)),
        }));
        return employers;
    }

    /// <summary>Sends all and mines them into one block. Nonces are counted here: the node counts mined ones only.</summary>
    private async Task Mine(IEnumerable<JsonObject> calls)
    {
        var sent = calls.ToArray();
        foreach (var transaction in sent.Select(call => call["params"]![0]!))
        {
            var from = transaction["from"]!.GetValue<string>();
            var nonce = _nonces[from] = _nonces.TryGetValue(from, out var last) ? last + 1 : 0;
            (transaction["nonce"], transaction["gasPrice"]) = ($"0x{nonce:x}", "0x0");
        }

        await _writer.Ask([.. sent, AgreementWriter.Call("evm_mine")]);
    }

    private static byte[] Key(string role, int index) => SHA256.HashData(Encoding.UTF8.GetBytes($"{role} {index}"));
}
