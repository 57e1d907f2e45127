using Braintrust.Chain;
using Braintrust.Testing;

namespace Braintrust.Escrow;

/// <summary>What a court says is heard as the escrow hears it, on a real node.</summary>
public sealed class CourtsTests : IAsyncLifetime
{
    private AnvilServer _node = null!;
    private JsonRpcChain _chain = null!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start();
        _chain = _node.Connect();
    }

    public async Task DisposeAsync()
    {
        _chain.Dispose();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData(199_900, 1, 4_000, 64, 4_000)]
    [InlineData(200_001, 1, 4_000, 64, null)]
    [InlineData(0, 1, 4_000, 96, 4_000)]
    [InlineData(0, 1, 4_000, 63, null)]
    [InlineData(0, 1, 10_000, 64, 10_000)]
    [InlineData(0, 1, 10_001, 64, null)]
    [InlineData(0, 0, 4_000, 64, null)]
    [InlineData(0, 2, 4_000, 64, null)]
    public async Task A_ruling_counts_when_the_escrow_would_hear_it(int gasNeeded, int isFinal, int talentBps, int length, int? heard)
    {
        var court = await Court(gasNeeded, isFinal, talentBps, length);
        var word = await Courts.Ask(_chain, EscrowMove.Resolve, Disputed(court), default);
        Assert.Equal(heard, word?.TalentBps);
    }

    [Fact]
    public async Task Where_nobody_stands_nothing_is_ruled() =>
        Assert.Null(await Courts.Ask(_chain, EscrowMove.Resolve, Disputed(DevelopmentKeys.Address(7)), default));

    /// <summary>Answers two words to any call that has more gas than it needs, and reverts to others.</summary>
    private async Task<Address> Court(int gasNeeded, int isFinal, int talentBps, int length)
    {
        // GAS PUSH3 needed LT PUSH1 12 JUMPI PUSH0 PUSH0 REVERT; JUMPDEST: MSTORE twice, RETURN.
        var code = Convert.FromHexString(
            $"5A62{gasNeeded:X6}10600C575F5FFD5B60{isFinal:X2}5F5261{talentBps:X4}602052" + $"60{length:X2}5FF3");
        byte[] deploy = [0x60, (byte)code.Length, 0x60, 0x0A, 0x5F, 0x39, 0x60, (byte)code.Length, 0x5F, 0xF3, .. code];
        var (from, fees) = (DevelopmentKeys.Signer(0), await _chain.GetFees(default));
        var signed = await new Eip1559Transaction(
            _chain.ChainId, await _chain.GetNonce(from.Address, BlockId.Pending, default), fees.MaxPriorityFeePerGas, fees.MaxFeePerGas,
            200_000, null, 0, deploy).Sign(from, default);
        await _chain.SendRaw(signed.Raw, default);
        var receipt = await Eventually.Holds(
            async () => await _chain.GetReceipt(signed.Hash, default), told => told is not null, TimeSpan.FromSeconds(60), "the court's block");
        Assert.True(receipt!.Succeeded);
        return receipt.Created!.Value;
    }

    private static AgreementOnChain Disputed(Address court)
    {
        var contract = DevelopmentKeys.Address(6);
        var plain = new WorkStory(DevelopmentKeys.ChainId, contract, DevelopmentKeys.Address(5), 7, 1_000_000);
        var story = new WorkStory(DevelopmentKeys.ChainId, contract, DevelopmentKeys.Address(5), 7, 1_000_000)
        {
            Terms = plain.Terms with { Court = court, CaseTime = 86_400 },
        };
        ScriptedLog[] logs = [story.Funded(1), story.Submitted(0, 900), story.Disputed(0, 1_000_000)];
        var at = new FactPlace(1, contract, new Seen(1, default, new BlockTime(900_000), default, FinalityStatus.Pending, 0, 0), 0);
        return logs.Aggregate(NegotiationOnChain.Empty, (view, log) => EscrowFold.Apply(
            view, EscrowFacts.TryRead(log.Topics.AsSpan(), log.Data.Span)!.Value.Event, at)).Agreement!;
    }
}
