using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>A deployment on a development chain: a plan with well-known accounts, and tokens to try it with.</summary>
public static class DevelopmentContracts
{
    /// <summary>Accounts that the node funds at start; the first deploys.</summary>
    public const int Accounts = 10;

    /// <summary>Governs, guards, and receives the fees: the last that the node funds.</summary>
    public const int Governor = Accounts - 1;

    /// <summary>The account that anchors reviews: none of the people's, so that nobody else spends its nonces.</summary>
    public const int Anchor = 10;

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

    /// <summary>What the anchor pays its transactions with: a coin.</summary>
    private static readonly BigInteger AnchorCoins = OneBtrst;

    private static readonly TimeSpan ReceiptTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReceiptInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Deploys with the first well-known key and hands out tokens, or goes on where an earlier run with the journal ended.</summary>
    /// <param name="feeBps">The employer's fee on top by the policy's first version, basis points, at most 2,000.</param>
    /// <exception cref="ArgumentException">The chain is no development chain.</exception>
    /// <exception cref="ChainUnavailableException">The node is away, or mined nothing for 20 seconds.</exception>
    public static async Task<DeploymentFile> Deploy(
        IEvmChain chain, ushort feeBps, DeploymentJournal journal, Action<DeploymentNews> tell, CancellationToken ct)
    {
        if (chain.ChainId != DevelopmentKeys.ChainId)
            throw new ArgumentException($"Chain {chain.ChainId} is no development chain: everybody knows the deploying key.");
        var deployment = new Deployment(
            chain, DevelopmentKeys.Signer(0), Plan(feeBps), journal, DeploymentPatience.Development, TimeProvider.System, tell);
        var file = await deployment.Run(ct);
        await HandOut(chain, file.Steps.Of(DeploymentKinds.Token), Allotment * OneBtrst, ct);
        await HandOut(chain, file.Steps.Of(DeploymentKinds.Dollar), Allotment * OneDollar, ct);
        foreach (var (account, coins) in new[] { (Anchor, AnchorCoins), (Relayer, RelayerBalance) })
        {
            var to = DevelopmentKeys.Address(account);
            if ((await chain.GetBalance(to, BlockId.Latest, ct)).IsZero)
                await Receipt(chain, await Post(chain, to, [], ct, coins), ct);
        }

        return file;
    }

    /// <summary>As <see cref="Deploy(IEvmChain, ushort, DeploymentJournal, Action{DeploymentNews}, CancellationToken)"/>, for a chain that ends with its test.</summary>
    public static Task<DeploymentFile> Deploy(IEvmChain chain, ushort feeBps, CancellationToken ct) =>
        Deploy(chain, feeBps, DeploymentJournal.InMemory(), _ => { }, ct);

    /// <summary>The widest policy that its contract allows, the shortest court, no delay.</summary>
    public static DeploymentPlan Plan(ushort feeBps)
    {
        var governor = DevelopmentKeys.Address(Governor);
        return new DeploymentPlan(
            DevelopmentKeys.ChainId, 1, new PlannedToken(Holder: DevelopmentKeys.Address(0)),
            new PlannedPolicy(
                governor, feeBps, 3 * Day, 90 * Day, 3 * Day, 30 * Day, 5_000, governor,
                [
                    new PlannedListing(DeploymentPlan.Btrst, (UInt128)OneBtrst / 1_000, BtrstPrice),
                    new PlannedListing(DeploymentPlan.Dollar, (UInt128)OneDollar / 1_000, DollarPrice),
                ]),
            new PlannedCourt(
                Seat,
                [
                    new PlannedRules(
                        500, 500, 5 * Day, Day, 2 * Day, Day, 2 * Day,
                        [
                            new PlannedCourtToken(DeploymentPlan.Btrst, (UInt128)OneBtrst),
                            new PlannedCourtToken(DeploymentPlan.Dollar, (UInt128)OneDollar),
                        ]),
                ]),
            new PlannedReputation(DevelopmentKeys.Address(Anchor)), new PlannedGovernance(0, [governor], [governor], [governor]));
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

    /// <summary>
    /// All at once: one after another, their waiting would take most of a start. Who has any was given them before a crash.
    /// </summary>
    private static async Task HandOut(IEvmChain chain, Address token, BigInteger sum, CancellationToken ct)
    {
        var sent = new List<Hash32>();
        for (var account = 1; account < Accounts; account++)
        {
            var to = DevelopmentKeys.Address(account);
            if (!(await BraintrustTokenContract.BalanceOf.Call(chain, token, to, BlockId.Latest, ct)).IsZero) continue;
            var transfer = BraintrustTokenContract.Transfer.Encode(to, sum);
            sent.Add(await Post(chain, token, transfer, ct));
        }

        foreach (var transfer in sent) await Receipt(chain, transfer, ct);
    }

    private static async Task<Hash32> Post(
        IEvmChain chain, Address to, byte[] data, CancellationToken ct, BigInteger value = default)
    {
        var signer = DevelopmentKeys.Signer(0);
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
