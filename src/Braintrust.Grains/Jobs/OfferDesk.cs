using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Jobs;

/// <summary>What jobs and negotiations ask of the chain that terms are made for.</summary>
public sealed class OfferDesk(IFollowedChains chains, ContractBook book, OfferChecker offers, MovePreparer moves)
{
    /// <summary>
    /// Null when the escrow would take the job's token, or the job is priced in a currency, whose token the offers choose.
    /// </summary>
    public async Task<Refusal?> Unpayable(JobPricing pricing)
    {
        if (chains.Find(pricing.ChainId) is not { } chain) return NoEscrow;
        var version = await book.CurrentVersion(chain, CancellationToken.None);
        if (version == 0) return NoEscrow;
        if (pricing.Token is not { } token) return null;
        if (await book.Law(chain, version, token, CancellationToken.None) is not { } law) return NoEscrow;
        return law.Funding.Accepted(out _, out var refusal) ? null : refusal with { Field = "job.pricing.token" };
    }

    /// <summary>The terms with every default filled in, and the law they are made for. Refused as the contract would.</summary>
    public async Task<Outcome<DraftTerms>> Draft(ulong chainId, Terms terms) =>
        chains.Find(chainId) is { } chain ? await offers.Draft(chain, terms, CancellationToken.None) : NoEscrow;

    /// <summary>OfferExpired when the chain's time is past the terms' last second, else null.</summary>
    public async Task<Refusal?> Expired(ulong chainId, Terms terms)
    {
        if (chains.Find(chainId) is not { } chain) return NoEscrow;
        return terms.ValidUntil < (await moves.Now(chain, CancellationToken.None)).Head.Seconds ? TooLate : null;
    }

    /// <summary>Null when the talent's wallet signed the offer and the contract would take it now.</summary>
    public async Task<Refusal?> Verify(Caller caller, ulong chainId, Offer offer, byte[] signature)
    {
        if (chains.Find(chainId) is not { } chain) return NoEscrow;
        if (await Expired(chainId, offer.Terms) is { } expired) return expired;
        var check = await offers.Check(chain, caller, offer.Terms, signature, CancellationToken.None);
        if (!check.Accepted(out var signed, out var refusal)) return refusal;
        return signed.Signed.Agreement == offer.Hash
            ? null
            : new Refusal(RefusalCode.ChainMismatch, "The offer was made for an earlier contract: make a new one.");
    }

    private static Refusal NoEscrow { get; } =
        new(RefusalCode.ChainMismatch, "No escrow contract is registered on the job's chain.");

    private static Refusal TooLate { get; } =
        new(RefusalCode.OfferExpired, "The chain's time is past the terms' last second: make a new offer.");
}
