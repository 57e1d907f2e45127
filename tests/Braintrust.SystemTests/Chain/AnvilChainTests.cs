using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>The JSON-RPC client keeps the port's promises against a real node, polling for heads.</summary>
public class AnvilChainTests : EvmChainContract, IAsyncLifetime
{
    private AnvilServer? _node;
    private JsonRpcChain? _chain;

    protected override IEvmChain Chain => _chain!;

    protected override IDevChain Dev => new AnvilDevChain(_chain!);

    protected virtual bool WithSocket => false;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining", "--slots-in-an-epoch", "4");
        _chain = _node.Connect(WithSocket);
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }
}

/// <summary>The same with heads announced over a socket.</summary>
public sealed class AnvilSocketChainTests : AnvilChainTests
{
    protected override bool WithSocket => true;
}

/// <summary>What only a chain with the real contracts shows.</summary>
public sealed class AnvilContractTests : IAsyncLifetime
{
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private static readonly LocalSigner Employer = DevelopmentKeys.Signer(0);
    private static readonly LocalSigner Talent = DevelopmentKeys.Signer(1);
    private AnvilServer? _node;
    private JsonRpcChain? _chain;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining");
        _chain = _node.Connect();
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_funded_agreement_is_read_from_its_log_as_it_was_signed()
    {
        var token = (await Include(Employer, null, BraintrustTokenContract.DeployData(Employer.Address))).Created!.Value;
        var escrow = await Escrow(token);
        await Include(Employer, token, BraintrustTokenContract.Approve.Encode(escrow, 1_000_000));
        var terms = Terms(token, await Chain.GetHeader(BlockId.Latest, _ct));
        var agreement = await WorkAgreementsContract.HashTerms.Call(Chain, escrow, terms, BlockId.Latest, _ct);
        var signature = await Talent.Sign(agreement, _ct);
        Assert.True(await ContractSignatures.IsValid(Chain, SignatureRecovery.Instance, Talent.Address, agreement, signature, BlockId.Latest, _ct));

        var receipt = await Include(Employer, escrow, WorkAgreementsContract.Fund.Encode(terms, signature, 2));
        var sink = new FundedSink();
        Assert.Equal(1, await Chain.ReadLogs(LogFilter.Block([escrow], receipt.BlockHash), sink, _ct));
        Assert.Equal((agreement, 2, 345), (sink.Funded.Agreement, sink.Funded.Count, sink.Funded.Paid));
        Assert.Equal(Hex.Of(terms.Encode()), Hex.Of(sink.Funded.Terms.Encode()));
        var state = await WorkAgreementsContract.StateOf.Call(Chain, escrow, agreement, BlockId.Latest, _ct);
        Assert.Equal((2, 0, 2), (state.Phase, state.Milestone, state.Funded));
    }

    [Fact]
    public async Task A_refusal_of_the_law_is_told_with_its_arguments()
    {
        var token = (await Include(Employer, null, BraintrustTokenContract.DeployData(Employer.Address))).Created!.Value;
        var escrow = await Escrow(token);
        var call = new CallRequest(Talent.Address, escrow, WorkAgreementsContract.Withdraw.Encode(escrow, Talent.Address));
        var revert = await Assert.ThrowsAsync<EvmRevertException>(async () => await Chain.Call(call, BlockId.Latest, _ct));
        Assert.Equal("NothingCredited", WorkAgreementsContract.ErrorName(revert.RevertData.Span));
        Assert.True(WorkAgreementsContract.NothingCreditedError.TryDecode(revert.RevertData.Span, out var error));
        Assert.Equal((Talent.Address, escrow), (error.Party, error.Token));
    }

    [Fact]
    public async Task A_call_where_no_contract_stands_is_a_protocol_error() =>
        await Assert.ThrowsAsync<ChainProtocolException>(async () =>
            await BraintrustTokenContract.BalanceOf.Call(Chain, Talent.Address, Talent.Address, BlockId.Latest, _ct));

    [Fact]
    public async Task A_node_of_another_chain_is_refused_before_the_first_answer()
    {
        using var other = new JsonRpcChain(
            new JsonRpcChainOptions { HttpUrl = _node!.Url, ChainId = 1 }, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<ChainProtocolException>(async () => await other.GetHeader(BlockId.Latest, _ct));
        Assert.Contains("31337", refused.Message);
    }

    [Fact]
    public async Task Code_survives_fifty_reorgs()
    {
        var token = (await Include(Employer, null, BraintrustTokenContract.DeployData(Employer.Address))).Created!.Value;
        var dev = new AnvilDevChain(Chain);
        for (var cycle = 0; cycle < 50; cycle++)
        {
            await Include(Employer, token, BraintrustTokenContract.Transfer.Encode(Talent.Address, 1));
            await dev.Mine(2, _ct);
            await dev.Reorg(3, _ct);
            Assert.False((await Chain.GetCode(token, BlockId.Latest, _ct)).IsEmpty);
            Assert.Equal(0, await BraintrustTokenContract.BalanceOf.Call(Chain, token, Talent.Address, BlockId.Latest, _ct));
        }
    }

    private static WorkAgreementsContract.Terms Terms(Address token, BlockHeader? head) => new(
        1, 0, default, Employer.Address, Employer.Address, Talent.Address, Talent.Address, token, 1, 1500, default, 0, 3 * 86_400,
        3 * 86_400, 2, default, 0, 0, 5_000,
        head!.Time.Seconds + 86_400, Hash32.Keccak([1]), [100, 200], [86_400, 86_400]);

    private async Task<Address> Escrow(Address token)
    {
        var policy = DevelopmentContracts.PolicyData(Employer.Address, Employer.Address, 1500, [new(token, 1, 1)], []);
        var deployed = (await Include(Employer, null, policy)).Created!.Value;
        return (await Include(Employer, null, WorkAgreementsContract.DeployData(deployed))).Created!.Value;
    }

    private async Task<TxReceipt> Include(LocalSigner from, Address? to, byte[] data)
    {
        var nonce = await Chain.GetNonce(from.Address, BlockId.Pending, _ct);
        var fees = await Chain.GetFees(_ct);
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 10_000_000, to, 0, data).Sign(from, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        await new AnvilDevChain(Chain).Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded);
        return receipt;
    }

    private sealed class FundedSink : ILogSink
    {
        public WorkAgreementsContract.AgreementFundedEvent Funded { get; private set; }

        public void OnLog(in LogEntry log)
        {
            Assert.True(WorkAgreementsContract.AgreementFundedEvent.TryDecode(log.Topics, log.Data, out var funded));
            Funded = funded;
        }
    }
}
