using Braintrust.Chain;

namespace Braintrust.Reputation;

public sealed class CredentialFoldTests
{
    private static readonly Address Talent = DevelopmentKeys.Address(2);
    private static readonly Hash32 First = Hash32.Keccak([1]);
    private static readonly Hash32 Second = Hash32.Keccak([2]);

    [Fact]
    public void The_last_claimed_stands_first() => Assert.Equal(
        [Second, First], CredentialFold.Of(Talent, [Claimed(1, First), Claimed(2, Second)]).Select(each => each.Negotiation));

    [Fact]
    public void What_was_renounced_is_not_held_until_it_is_claimed_again()
    {
        var renounced = CredentialFold.Of(Talent, [Claimed(1, First), Renounced(2, First, 1)]).Single();
        Assert.Equal((false, 1ul), (renounced.IsHeld, renounced.Renouncements));
        var again = CredentialFold.Of(Talent, [Claimed(1, First), Renounced(2, First, 1), Claimed(3, First)]).Single();
        Assert.Equal((true, 1ul, 3ul), (again.IsHeld, again.Renouncements, again.Claimed.Seen.BlockNo));
    }

    [Fact]
    public void A_colliding_subject_tells_of_somebody_else()
    {
        var other = new ReputationEvent.CredentialClaimed(First, DevelopmentKeys.Address(3), Talent, Hash32.Keccak([5]));
        Assert.Empty(CredentialFold.Of(Talent, [Fact(1, other)]));
    }

    private static ReputationFact Claimed(ulong block, Hash32 negotiation) =>
        Fact(block, new ReputationEvent.CredentialClaimed(negotiation, Talent, DevelopmentKeys.Address(1), Hash32.Keccak([5])));

    private static ReputationFact Renounced(ulong block, Hash32 negotiation, ulong times) =>
        Fact(block, new ReputationEvent.CredentialRenounced(negotiation, Talent, times));

    private static ReputationFact Fact(ulong block, ReputationEvent said) => new(
        new LedgerFact((long)block, new Fact(block, default, default, default, 0, Address.Zero, FactKind.CredentialClaimed, [], []), null),
        said);
}
