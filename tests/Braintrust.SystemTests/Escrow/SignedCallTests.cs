using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Testing;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>What our forms hash to is what the contract's <c>hashCall</c> says, for any call of any form.</summary>
public sealed class SignedCallTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Rounds = 400;
    private const int Stories = 6;

    private static readonly Address Origin = DevelopmentKeys.Address(5);

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address _token;
    private Address _escrow;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start();
        _chain = _node.Connect();
        var deployed = await DevelopmentContracts.Deploy(Chain, WorkStory.FeeBps, _ct);
        _token = deployed.Contracts.Single(contract => contract.Kind == DeploymentKinds.Token).Address;
        _escrow = deployed.Contracts.Single(contract => contract.Kind == DeploymentKinds.Escrow).Address;
        await Send(1, _token, BraintrustTokenContract.Approve.Encode(_escrow, BigInteger.Pow(10, 24)));
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task Every_form_hashes_to_what_the_contract_says_in_any_state()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var stories = new List<Terms>();
        for (var i = 0; i < Stories; i++) stories.Add(await Play(i));
        var forms = new HashSet<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var terms = stories[random.Next(stories.Count)];
            var signer = random.Next(2) == 0 ? Origin : DevelopmentKeys.Address(random.Next(1, 4));
            var plan = await Plan(terms, signer, random);
            var agreement = TermsHash.Of(terms, Chain.ChainId, _escrow);
            var state = await Law.StateWord.Call(Chain, _escrow, agreement, BlockId.Latest, _ct);
            var expiry = (ulong)random.NextInt64();
            if (CallForm.Of(plan, agreement, state, expiry) is not { } form)
            {
                Assert.Contains(plan.Move, Unsigned);
                continue;
            }

            var typed = CallTypedData.Of(form, Chain.ChainId, _escrow);
            var call = EscrowCalls.Encode(plan, []);
            Assert.Equal(await Law.HashCall.Call(Chain, _escrow, signer, expiry, call, BlockId.Latest, _ct), typed.Digest);
            Assert.Equal(typed.Digest, TypedData.Parse(typed.ToJson()).Digest);
            forms.Add(form.Name);
        }

        Assert.Equal(Enum.GetValues<EscrowMove>().Except(Unsigned).Select(move => move.ToString()).Order(), forms.Order());
    }

    private static readonly EscrowMove[] Unsigned =
    [
        EscrowMove.Fund, EscrowMove.FundMore, EscrowMove.Tip, EscrowMove.Settle, EscrowMove.Resolve, EscrowMove.SweepFees,
    ];

    /// <summary>Terms that are not funded, at work, delivered, paid in part, idle, and with a credit withdrawn and one left.</summary>
    private async Task<Terms> Play(int stage)
    {
        var now = (await Chain.GetHeader(BlockId.Latest, _ct))!.Time.Seconds;
        var story = new WorkStory(Chain.ChainId, _escrow, _token, stage, now + 86_400);
        var unit = (UInt128)BigInteger.Pow(10, 18);
        story = new WorkStory(Chain.ChainId, _escrow, _token, stage, now + 86_400)
        {
            Terms = story.Terms with
            {
                Origin = Origin, OriginBps = 1_000, Amounts = [new(unit), new(unit), new(unit)],
            },
        };
        if (stage == 0) return story.Terms;
        var terms = EscrowCalls.Of(story.Terms);
        await Send(1, _escrow, Law.Fund.Encode(terms, await story.Sign(), stage == 4 ? 1 : 2));
        if (stage == 2) await Send(2, _escrow, Law.Submit.Encode(terms, 0, 7, default));
        if (stage >= 3) await Send(1, _escrow, Law.Release.Encode(terms, 0, (BigInteger)unit / 2));
        if (stage == 5)
        {
            await Send(5, _escrow, Law.Withdraw.Encode(_token, Origin));
            await Send(1, _escrow, Law.Release.Encode(terms, 1, unit));
        }

        return story.Terms;
    }

    private async Task<MovePlan> Plan(Terms terms, Address signer, Random random)
    {
        var move = (EscrowMove)random.Next(1, Enum.GetValues<EscrowMove>().Length + 1);
        var (credit, withdrawals) = await Law.CreditOf.Call(Chain, _escrow, signer, _token, BlockId.Latest, _ct);
        var sum = move == EscrowMove.Withdraw ? (UInt128)credit : (UInt128)random.NextInt64() << random.Next(64);
        var word = new byte[32];
        random.NextBytes(word);
        return new MovePlan(move, _escrow, terms, random.Next(32), random.Next(33), new Amount(sum), new Hash32(word), default)
        {
            To = new Address(word.AsSpan(12)), EmployerBps = random.Next(10_001), TalentBps = random.Next(10_001),
            Withdrawals = withdrawals, Next = Next(terms, random),
        };
    }

    private static Terms Next(Terms terms, Random random) => terms with
    {
        Sequence = new BigInteger(random.NextInt64()) << random.Next(190),
        Previous = Hash32.Keccak([(byte)random.Next(256)]),
        Manager = DevelopmentKeys.Address(random.Next(1, 8)),
        ReviewWindow = (uint)random.NextInt64(uint.MaxValue),
        RevisionsMax = (byte)random.Next(256),
        ValidUntil = (ulong)random.NextInt64(),
        Amounts = [.. Enumerable.Range(0, random.Next(33)).Select(_ => new Amount((UInt128)random.NextInt64() << random.Next(64)))],
        WorkTimes = [.. Enumerable.Range(0, random.Next(33)).Select(_ => (uint)random.NextInt64(uint.MaxValue))],
    };

    private async Task Send(int key, Address to, byte[] data)
    {
        var from = DevelopmentKeys.Signer(key);
        var (nonce, fees) = (await Chain.GetNonce(from.Address, BlockId.Pending, _ct), await Chain.GetFees(_ct));
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 2_000_000, to, 0, data).Sign(from, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        var receipt = await Eventually.Holds(
            async () => await Chain.GetReceipt(signed.Hash, _ct), told => told is not null, TimeSpan.FromSeconds(60), "its block");
        Assert.True(receipt!.Succeeded);
    }
}
