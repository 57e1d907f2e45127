using System.Numerics;
using System.Security.Cryptography;
using Braintrust.Accounts;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>
/// Work and pay, with wallets of the development accounts: a freelancer is paid once by the employer and once by its
/// silence, another gives the money back, and what must not work does not.
/// </summary>
public sealed class WorkDemo(ServerLink server, NodeLink node, Timeline timeline)
{
    private const uint ReviewWindowSeconds = 3 * 24 * 3600;
    private const uint WorkTimeSeconds = 14 * 24 * 3600;
    private const ulong ValiditySeconds = 7 * 24 * 3600;
    private const int NonceBytes = 16;
    private static readonly UInt128 OneBtrst = 1_000_000_000_000_000_000;

    /// <summary>Odd last digits, so that every division has a remainder to account for.</summary>
    private static readonly UInt128[] FirstAmounts = [1_250 * OneBtrst + 7, 800 * OneBtrst + OneBtrst / 2 + 1];
    private static readonly UInt128[] SecondAmounts = [1_000 * OneBtrst / 3];

    private readonly WorkStage _stage = new(server, node, timeline);
    private readonly Person _employer = new("Employer", DevelopmentKeys.Signer(1), server);
    private readonly Person _first = new("Freelancer 1", DevelopmentKeys.Signer(2), server);
    private readonly Person _second = new("Freelancer 2", DevelopmentKeys.Signer(3), server);
    private readonly Person _passerBy = new("Passer-by", DevelopmentKeys.Signer(4), server);

    /// <exception cref="VerbFailedException">Something did not go as the law says.</exception>
    public async Task Play(CancellationToken ct)
    {
        if (node.ChainId != DevelopmentKeys.ChainId)
            throw new VerbFailedException($"The demo signs with keys that everybody knows; chain {node.ChainId} is no place for them.");
        await SignIn(ct);
        var before = await Balances(ct);
        var (deal, gift) = await Offers(ct);
        await Fund(deal, gift, ct);
        await Deliver(deal, 0, ct);
        await Release(deal, ct);
        await Deliver(deal, 1, ct);
        await PayBySilence(deal, ct);
        await GiveBack(gift, ct);
        await Check(before, deal, gift, ct);
    }

    private async Task SignIn(CancellationToken ct)
    {
        foreach (var person in (Person[])[_employer, _first, _second, _passerBy])
        {
            await person.SignIn(node.ChainId, ct);
            timeline.Tell(Tale.Act, person.Name, $"signs in with {person.Address}", ("address", person.Address.ToString()));
        }

        var elsewhere = new CreateSignInMessageRequest { Address = _employer.Address.ToString(), ChainId = 1 };
        await _stage.Refused(_employer, "signing in on another chain", ErrorReason.ChainMismatch,
            () => _employer.Call(options => server.Accounts.CreateSignInMessageAsync(elsewhere, options), ct), ct);
    }

    private async Task<(Deal Deal, Deal Gift)> Offers(CancellationToken ct)
    {
        var head = await node.Head(ct);
        var terms = Terms(_first, head, FirstAmounts);
        await _stage.Refused(_first, "offering terms with a signature by somebody else", ErrorReason.SignatureInvalid, async () =>
        {
            var (prepared, _) = await _stage.Sign(_first, terms, ct);
            await _stage.Offer(_first, terms, await _second.Signer.Sign(Hash32.Parse(prepared.Agreement), ct), ct);
        }, ct);
        return (await _stage.Offer(_first, terms, ct), await _stage.Offer(_second, Terms(_second, head, SecondAmounts), ct));
    }

    private async Task Fund(Deal deal, Deal gift, CancellationToken ct)
    {
        foreach (var (funded, count) in new[] { (deal, 2), (gift, 1) })
        {
            var data = Law.Fund.Encode(funded.Terms, funded.Signature, count);
            var step = new Step($"funding of {count}", V1.Move.Fund, 0, data, count);
            await _stage.Move(_employer, funded, step,
                seen => seen.Final && seen.Phase != V1.AgreementPhase.Unspecified && seen.MilestonesFunded == count, ct);
        }

        await _stage.Refused(_second, "reading somebody else's agreement", ErrorReason.NotAParty,
            () => _second.Call(options => server.Escrow.GetAgreementAsync(new() { Name = deal.Name }, options), ct), ct);
        await _stage.Refused(_second, "releasing somebody else's money", ErrorReason.NotAParty,
            () => _stage.Prepare(_second, deal.Name, ReleaseOf(deal), ct), ct);
    }

    private async Task Deliver(Deal deal, int milestone, CancellationToken ct)
    {
        var evidence = Hash32.Keccak("the delivered work"u8);
        var data = Law.Submit.Encode(deal.Terms, milestone, deal.Amount(milestone), evidence);
        var step = new Step($"delivery {milestone + 1}", V1.Move.Submit, milestone, data, Evidence: evidence);
        await _stage.Move(deal.Talent, deal, step,
            seen => seen.Final && seen.MilestoneIndex == milestone && seen.Phase == V1.AgreementPhase.Submitted, ct);
    }

    private async Task Release(Deal deal, CancellationToken ct)
    {
        await _stage.Move(_employer, deal, ReleaseOf(deal), seen => seen.Final && seen.MilestoneIndex == 1, ct);
        await _stage.Refused(_employer, "releasing the same milestone again", ErrorReason.WrongState,
            () => _stage.Prepare(_employer, deal.Name, ReleaseOf(deal), ct), ct);
    }

    private async Task PayBySilence(Deal deal, CancellationToken ct)
    {
        var settle = new Step("settlement", V1.Move.Settle, 1, Law.Settle.Encode(deal.Terms, 1));
        await _stage.Refused(_first, "settling within the review window", ErrorReason.TooEarly,
            () => _stage.Prepare(_first, deal.Name, settle, ct), ct);

        timeline.Tell(Tale.Chain, "", "The employer is silent; the chain's clock moves past the review window");
        await _stage.Journal.Do(new Waited("waiting for the review window", token => ReviewEnd(deal, token)), ct);

        timeline.Tell(Tale.Act, _passerBy.Name, "settles, as anyone may: silence pays", ("name", deal.Name));
        await _stage.SendDirectly(_passerBy, settle.What, settle.Data, ct);
        await _stage.Await(_first, deal, Ended, ct);
    }

    /// <summary>The review's last second; null when the milestone is not under review (any more).</summary>
    private async Task<ulong?> ReviewEnd(Deal deal, CancellationToken ct)
    {
        var told = await _first.Call(options => server.Escrow.GetAgreementAsync(new() { Name = deal.Name }, options), ct);
        return told.Agreement is { Phase: V1.AgreementPhase.Submitted, Deadline: { } deadline } ? deadline.AtSeconds : null;
    }

    private async Task GiveBack(Deal gift, CancellationToken ct)
    {
        var step = new Step("refund", V1.Move.Refund, 0, Law.Refund.Encode(gift.Terms, 0));
        await _stage.Move(_second, gift, step, Ended, ct);
    }

    private async Task Check(BigInteger[] before, Deal deal, Deal gift, CancellationToken ct)
    {
        do
        {
            await _stage.Await(_first, deal, Ended, ct);
            await _stage.Await(_second, gift, Ended, ct);
        }
        while (await _stage.Journal.Heal(ct));
        var after = await Balances(ct);
        var (pay, fees) = (deal.Amount(0) + deal.Amount(1), deal.Fee(0) + deal.Fee(1));
        (string Who, BigInteger Expected)[] changes =
            [(_employer.Name, -(pay + fees)), (_first.Name, pay), (_second.Name, 0), ("Escrow", fees)];
        for (var i = 0; i < changes.Length; i++) _stage.Balance(changes[i].Who, before[i], after[i], changes[i].Expected);
    }

    private Task<BigInteger[]> Balances(CancellationToken ct) =>
        Task.WhenAll(((Address[])[_employer.Address, _first.Address, _second.Address, node.Escrow]).Select(holder =>
            node.Ask(chain => Chain.Contracts.BraintrustTokenContract.BalanceOf.Call(chain, node.Token, holder, BlockId.Latest, ct), ct)));

    private Law.Terms Terms(Person talent, BlockHeader head, UInt128[] amounts) => new(
        new BigInteger(RandomNumberGenerator.GetBytes(NonceBytes), isUnsigned: true), BigInteger.Zero, default,
        _employer.Address, _employer.Address, talent.Address, talent.Address, node.Token,
        node.Told.PolicyVersion, (ushort)node.Told.FeeBps, default, 0, ReviewWindowSeconds, ReviewWindowSeconds, 2, default,
        0, 0, 5_000, head.Time.Seconds + ValiditySeconds, Hash32.Keccak("the agreed text"u8),
        [.. amounts], [.. amounts.Select(_ => WorkTimeSeconds)]);

    private static Step ReleaseOf(Deal deal) =>
        new("release", V1.Move.Release, 0, Law.Release.Encode(deal.Terms, 0, deal.Amount(0)));

    private static bool Ended(V1.Agreement seen) => seen.Final && seen.Phase == V1.AgreementPhase.Ended;
}
