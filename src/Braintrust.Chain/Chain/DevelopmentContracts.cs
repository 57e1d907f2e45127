using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <param name="Kind">Name of the contract's artifact.</param>
/// <param name="FromBlock">The block it was deployed in.</param>
/// <param name="CodeHash">keccak of its runtime code.</param>
public sealed record DeployedContract(string Kind, Address Address, ulong FromBlock, Hash32 CodeHash);

/// <summary>The contracts on a development chain, with tokens to try them with.</summary>
public static class DevelopmentContracts
{
    public const string Token = "BraintrustToken";
    public const string Dollar = "DevelopmentDollar";
    public const string Policy = "Policy";
    public const string Court = "PanelCourt";
    public const string Escrow = "WorkAgreements";

    /// <summary>What is deployed, in this order.</summary>
    public static readonly IReadOnlyList<string> Kinds = [Token, Dollar, Policy, Court, Escrow];

    /// <summary>Accounts that the node funds at start; the first deploys and owns the policy, the last receives the fees.</summary>
    public const int Accounts = 10;

    /// <summary>The account that relays on a development chain: not one that the node funds, the deployer does.</summary>
    public const int Relayer = 19;

    /// <summary>The court's rule set of a development policy.</summary>
    public const int CourtRules = 1;

    private const uint Day = 24 * 3600;

    /// <summary>Wei that the relayer gets: 100 of the chain's coin.</summary>
    private static readonly BigInteger RelayerBalance = 100 * BigInteger.Pow(10, 18);

    private static readonly BigInteger OneBtrst = BigInteger.Pow(10, 18);
    private static readonly BigInteger OneDollar = BigInteger.Pow(10, 6);

    /// <summary>Each account but the first gets that many BTRST and as many dollars.</summary>
    private static readonly BigInteger Allotment = 1_000_000;

    /// <summary>A dollar is the reference unit; for 10^18 base units of six decimals that is 10^12, in millionths 10^18.</summary>
    private static readonly UInt128 DollarPrice = 1_000_000_000_000_000_000;

    /// <summary>A quarter of the reference unit a BTRST, in millionths.</summary>
    private static readonly UInt128 BtrstPrice = 250_000;

    /// <summary>What a seat on a panel locks: 1,000 BTRST.</summary>
    private static readonly BigInteger Seat = 1_000 * OneBtrst;

    private static readonly TimeSpan ReceiptTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReceiptInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Deploys all with the first well-known key and hands out tokens. The node must mine by itself.</summary>
    /// <param name="feeBps">The employer's fee on top by the policy's first version, basis points, at most 2,000.</param>
    /// <exception cref="ArgumentException">The chain is no development chain.</exception>
    /// <exception cref="ChainUnavailableException">The node is away, or mined nothing for 20 seconds.</exception>
    public static async Task<IReadOnlyList<DeployedContract>> Deploy(IEvmChain chain, ushort feeBps, CancellationToken ct)
    {
        if (chain.ChainId != DevelopmentKeys.ChainId)
            throw new ArgumentException($"Chain {chain.ChainId} is no development chain: everybody knows the deploying key.");
        var deployer = DevelopmentKeys.Signer(0);
        var token = await Send(chain, deployer, null, BraintrustTokenContract.DeployData(deployer.Address), ct);
        var dollar = await Send(chain, deployer, null, DevelopmentDollarContract.DeployData(deployer.Address), ct);
        var first = FirstPolicy(await chain.GetNonce(deployer.Address, BlockId.Pending, ct), feeBps, token, dollar);
        var policy = await Send(chain, deployer, null, first, ct);
        await Send(chain, deployer, policy.Created, FirstCourtRules(token, dollar), ct);
        var bench = PanelCourtContract.DeployData(
            token.Created!.Value, Seat, policy.Created!.Value, DevelopmentKeys.Address(Accounts - 1));
        var court = await Send(chain, deployer, null, bench, ct);
        var escrow = await Send(chain, deployer, null, WorkAgreementsContract.DeployData(policy.Created!.Value), ct);
        await HandOut(chain, deployer, token, Allotment * OneBtrst, ct);
        await HandOut(chain, deployer, dollar, Allotment * OneDollar, ct);
        await Receipt(chain, await Post(chain, deployer, DevelopmentKeys.Address(Relayer), [], ct, RelayerBalance), ct);
        var deployed = new List<DeployedContract>();
        foreach (var (kind, receipt) in Kinds.Zip([token, dollar, policy, court, escrow]))
            deployed.Add(await Deployed(chain, kind, receipt, ct));
        return deployed;
    }

    /// <summary>
    /// What deploys a policy with the widest bounds that its contract allows: windows of 3 to 90 days, 30 days' validity,
    /// half of the fee to who brought the deal. Its owner is its guardian.
    /// </summary>
    public static byte[] PolicyData(
        Address owner, Address feeReceiver, ushort feeBps, ImmutableArray<PolicyContract.Listed> tokens,
        ImmutableArray<PolicyContract.Officials> officials) =>
        PolicyContract.DeployData(
            owner, new PolicyContract.Parameters(feeReceiver, feeBps, 3 * Day, 90 * Day, 3 * Day, 30 * Day, 5_000, owner), tokens,
            officials);

    /// <summary>What adds the court's first rule set: the shortest windows that the contract allows, 5 % cost, 5 % band.</summary>
    /// <param name="tokens">Those it hears cases about, each with the least cost of a case in base units.</param>
    public static byte[] CourtRulesData(params ImmutableArray<PolicyContract.Tokens> tokens) =>
        PolicyContract.AddCourtRules.Encode(
            new PolicyContract.Rules(500, 500, 5 * Day, Day, 2 * Day, Day, 2 * Day), tokens);

    private static byte[] FirstCourtRules(TxReceipt token, TxReceipt dollar) => CourtRulesData(
        new PolicyContract.Tokens(token.Created!.Value, (UInt128)OneBtrst),
        new PolicyContract.Tokens(dollar.Created!.Value, (UInt128)OneDollar));

    /// <summary>
    /// The official addresses stand in version 1: the court's and the escrow's are known before they are deployed, after
    /// the rule set.
    /// </summary>
    private static byte[] FirstPolicy(ulong nonce, ushort feeBps, TxReceipt token, TxReceipt dollar)
    {
        var (deployer, btrst, dusd) = (DevelopmentKeys.Address(0), token.Created!.Value, dollar.Created!.Value);
        return PolicyData(
            deployer, DevelopmentKeys.Address(Accounts - 1), feeBps,
            [
                new PolicyContract.Listed(btrst, (UInt128)OneBtrst / 1_000, BtrstPrice),
                new PolicyContract.Listed(dusd, (UInt128)OneDollar / 1_000, DollarPrice),
            ],
            [
                new PolicyContract.Officials(ShortText.Word(Token), btrst),
                new PolicyContract.Officials(ShortText.Word(Court), ContractAddress.Of(deployer, nonce + 2)),
                new PolicyContract.Officials(ShortText.Word(Escrow), ContractAddress.Of(deployer, nonce + 3)),
            ]);
    }

    /// <summary>All at once: one after another, their waiting would take most of a start.</summary>
    private static async Task HandOut(
        IEvmChain chain, LocalSigner deployer, TxReceipt token, BigInteger sum, CancellationToken ct)
    {
        var sent = new List<Hash32>();
        for (var account = 1; account < Accounts; account++)
        {
            var transfer = BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(account), sum);
            sent.Add(await Post(chain, deployer, token.Created, transfer, ct));
        }

        foreach (var transfer in sent) await Receipt(chain, transfer, ct);
    }

    private static async Task<DeployedContract> Deployed(IEvmChain chain, string kind, TxReceipt receipt, CancellationToken ct)
    {
        var address = receipt.Created!.Value;
        var code = await chain.GetCode(address, BlockId.Latest, ct);
        return new DeployedContract(kind, address, receipt.BlockNo, Hash32.Keccak(code.Span));
    }

    private static async Task<TxReceipt> Send(
        IEvmChain chain, LocalSigner signer, Address? to, byte[] data, CancellationToken ct) =>
        await Receipt(chain, await Post(chain, signer, to, data, ct), ct);

    private static async Task<Hash32> Post(
        IEvmChain chain, LocalSigner signer, Address? to, byte[] data, CancellationToken ct, BigInteger value = default)
    {
        var nonce = await chain.GetNonce(signer.Address, BlockId.Pending, ct);
        var gas = await chain.EstimateGas(new CallRequest(signer.Address, to, data, value), ct);
        var fees = await chain.GetFees(ct);
        var transaction = new Eip1559Transaction(
            chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, gas + gas / 5, to, value, data);
        return await chain.SendRaw((await transaction.Sign(signer, ct)).Raw, ct);
    }

    /// <summary>The node mines on its own time: the receipt is often missing just after sending.</summary>
    private static async Task<TxReceipt> Receipt(IEvmChain chain, Hash32 hash, CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + ReceiptTimeout;
        using var timer = new PeriodicTimer(ReceiptInterval);
        do
        {
            if (await chain.GetReceipt(hash, ct) is not { } receipt) continue;
            return receipt.Succeeded ? receipt : throw new ChainProtocolException($"The deployment reverted in {hash}.");
        }
        while (DateTimeOffset.UtcNow < giveUp && await timer.WaitForNextTickAsync(ct));

        throw new ChainUnavailableException($"The node did not mine {hash} within {ReceiptTimeout.TotalSeconds} s.");
    }
}
