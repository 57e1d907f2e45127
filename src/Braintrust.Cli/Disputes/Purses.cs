using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>
/// What everybody of a story has of BTRST, read from the contracts: in the wallet, bonded at the court and credited there. The
/// story says what each step changes by the law, and in the end both must agree to the wei.
/// </summary>
public sealed class Purses(NodeLink node, Address court, WorkStage stage)
{
    private readonly List<(string Name, Address Holder, BigInteger Before)> _holders = [];
    private readonly Dictionary<Address, BigInteger> _expected = [];
    private BigInteger _owedBefore;
    private BigInteger _courtBefore;
    private BigInteger _seat;

    /// <summary>What a seat on a panel locks.</summary>
    public BigInteger Seat => _seat;

    public async Task Open(IEnumerable<(string Name, Address Holder)> holders, CancellationToken ct)
    {
        _seat = await node.Ask(chain => Law.Seat.Call(chain, court, BlockId.Latest, ct), ct);
        foreach (var (name, holder) in holders) _holders.Add((name, holder, await Wealth(holder, ct)));
        (_owedBefore, _courtBefore) = (await Owed(ct), await InWallet(court, ct));
    }

    /// <summary>A step changed what somebody has, by the law.</summary>
    public void Expect(Address holder, BigInteger change) => _expected[holder] = _expected.GetValueOrDefault(holder) + change;

    /// <exception cref="VerbFailedException">Somebody has another sum than the law gives.</exception>
    public async Task Check(CancellationToken ct)
    {
        foreach (var (name, holder, before) in _holders)
            stage.Balance(name, before, await Wealth(holder, ct), _expected.GetValueOrDefault(holder));
        // No case is open any more, so the court has exactly what it owes.
        stage.Balance("Court", _courtBefore, await InWallet(court, ct), await Owed(ct) - _owedBefore);
    }

    private async Task<BigInteger> Owed(CancellationToken ct)
    {
        var sum = BigInteger.Zero;
        foreach (var (_, holder, _) in _holders) sum += await AtCourt(holder, ct);
        return sum;
    }

    private async Task<BigInteger> Wealth(Address holder, CancellationToken ct) =>
        await InWallet(holder, ct) + await AtCourt(holder, ct);

    private Task<BigInteger> InWallet(Address holder, CancellationToken ct) =>
        node.Ask(chain => BraintrustTokenContract.BalanceOf.Call(chain, node.Token, holder, BlockId.Latest, ct), ct);

    private async Task<BigInteger> AtCourt(Address holder, CancellationToken ct)
    {
        var (bench, leaving) = await node.Ask(chain => Law.ArbiterOf.Call(chain, court, node.Escrow, holder, BlockId.Latest, ct), ct);
        var credit = await node.Ask(chain => Law.CreditOf.Call(chain, court, holder, node.Token, BlockId.Latest, ct), ct);
        return (bench.Bonded + leaving.Seats) * _seat + credit;
    }
}
