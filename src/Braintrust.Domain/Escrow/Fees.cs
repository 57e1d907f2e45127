namespace Braintrust.Escrow;

/// <summary>The sums of the law. Every division rounds down, so the remainder stays with the employer.</summary>
public static class Fees
{
    /// <summary>Fee on top of a milestone: floor(amount * feeBps / 10,000), base units.</summary>
    /// <exception cref="OverflowException">The fee leaves 128 bits.</exception>
    public static Amount OnTop(Amount amount, ushort feeBps) => amount.MulDivFloor(feeBps, Amount.BasisPoints);

    /// <summary>How a milestone parts when <paramref name="pay"/> of its amount is paid.</summary>
    /// <param name="amount">The milestone's amount, not zero.</param>
    /// <param name="pay">0 (a refund) to the amount.</param>
    public static Split Close(Amount amount, ushort feeBps, Amount pay)
    {
        var onTop = OnTop(amount, feeBps);
        var fee = onTop.MulDivFloor(pay.Units, amount.Units);
        return new Split(pay, fee, amount + onTop - pay - fee);
    }

    /// <summary>The origin's share of a kept fee: floor(fee * originBps / 10,000). The rest stays with the house.</summary>
    public static Amount OriginShare(Amount fee, ushort originBps) => fee.MulDivFloor(originBps, Amount.BasisPoints);

    /// <summary>The talent's part of a claim: floor(claimed * talentBps / 10,000).</summary>
    /// <param name="talentBps">0 to 10,000.</param>
    public static Amount Part(Amount claimed, ushort talentBps) => claimed.MulDivFloor(talentBps, Amount.BasisPoints);

    /// <summary>Sum and fee of <paramref name="count"/> milestones from <paramref name="first"/>.</summary>
    public static Amount Price(Terms terms, int first, int count)
    {
        var price = Amount.Zero;
        for (var i = first; i < first + count; i++) price += terms.Amounts[i] + OnTop(terms.Amounts[i], terms.FeeBps);
        return price;
    }

    /// <summary>True when the price of all milestones together is at most 2^128 - 1.</summary>
    public static bool Fit(Terms terms)
    {
        try
        {
            Price(terms, 0, terms.Amounts.Length);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }
}

/// <summary>Where a closed milestone's money went: amount + fee on top = Pay + Fee + Refund.</summary>
public readonly record struct Split(Amount Pay, Amount Fee, Amount Refund);
