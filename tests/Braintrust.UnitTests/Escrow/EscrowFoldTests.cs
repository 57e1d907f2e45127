using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class EscrowFoldTests
{
    private const ulong Start = 1_000_000;
    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly WorkStory Story =
        new(31337, Contract, Address.Parse("0x0000000000000000000000000000000000007031"), 7, Start + 86_400);

    [Fact]
    public void Funding_opens_the_first_milestone_and_prepays_the_next()
    {
        var agreement = Folded(Story.Funded(2));
        Assert.Equal(
            [MilestonePhase.Working, MilestonePhase.Prepaid, MilestonePhase.Unfunded],
            agreement.Milestones.Select(milestone => milestone.Phase));
        Assert.Equal(new Amount(1_150 + 333 + 49), agreement.PaidIn);
        Assert.Equal(agreement.PaidIn, agreement.Held);
        Assert.Equal(new Deadline(new BlockTime(Start + WorkStory.WorkTime), EscrowMove.Reclaim), agreement.Deadline);
        Assert.Equal((Contract, Story.Agreement), (agreement.Contract, agreement.Funded.Agreement));
    }

    [Fact]
    public void A_delivery_waits_for_its_review()
    {
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900));
        Assert.Equal(AgreementPhase.Submitted, agreement.Phase);
        Assert.Equal(new Amount(900), agreement.Milestones[0].Claimed);
        Assert.Equal(new Deadline(new BlockTime(Start + 1 + WorkStory.ReviewWindow), EscrowMove.Settle), agreement.Deadline);
    }

    [Fact]
    public void Closing_the_last_prepaid_milestone_leaves_nothing_held()
    {
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900), Story.Closed(0, Closing.Settled, 900));
        Assert.Equal((AgreementPhase.Idle, 1, 1), (agreement.Phase, agreement.Milestone, agreement.MilestonesFunded));
        Assert.Equal(MilestonePhase.Settled, agreement.Milestones[0].Phase);
        Assert.Equal((900u, 135u, 115u), ((uint)agreement.PaidToTalent.Units, (uint)agreement.FeesKept.Units, (uint)agreement.Refunded.Units));
        Assert.Equal((Amount.Zero, null), (agreement.Held, agreement.Deadline));
    }

    [Fact]
    public void Funding_more_of_an_idle_agreement_opens_its_next_milestone()
    {
        var agreement = Folded(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000), Story.FundedMore(1, 2));
        Assert.Equal((AgreementPhase.Funded, 1, 3), (agreement.Phase, agreement.Milestone, agreement.MilestonesFunded));
        Assert.Equal(
            [MilestonePhase.Released, MilestonePhase.Working, MilestonePhase.Prepaid],
            agreement.Milestones.Select(milestone => milestone.Phase));
    }

    [Fact]
    public void Funding_more_of_a_running_agreement_does_not_restart_its_window()
    {
        var agreement = Folded(Story.Funded(1), Story.FundedMore(1, 1));
        Assert.Equal(new BlockTime(Start), agreement.Since);
    }

    [Fact]
    public void Closing_every_milestone_ends_the_agreement()
    {
        var agreement = Folded(
            Story.Funded(3), Story.Closed(0, Closing.Released, 1_000), Story.Closed(1, Closing.Refunded, 0),
            Story.Closed(2, Closing.Released, 7));
        Assert.Equal((AgreementPhase.Ended, 3, null), (agreement.Phase, agreement.Milestone, agreement.Deadline));
        Assert.Equal(Amount.Zero, agreement.Held);
    }

    [Fact]
    public void Reclaiming_returns_everything_funded_and_ends()
    {
        var agreement = Folded(Story.Funded(3), Story.Closed(0, Closing.Released, 1_000), Story.Reclaimed(1, 2));
        Assert.Equal((AgreementPhase.Ended, Amount.Zero), (agreement.Phase, agreement.Held));
        Assert.Equal(
            [MilestonePhase.Released, MilestonePhase.Reclaimed, MilestonePhase.Reclaimed],
            agreement.Milestones.Select(milestone => milestone.Phase));
        Assert.Equal(new Amount(333 + 49), agreement.Milestones[1].Refund);
    }

    [Fact]
    public void A_credited_payment_counts_as_paid()
    {
        var paid = Folded(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000));
        Assert.Equal(
            (paid.PaidToTalent, paid.Held),
            (Folded(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000), Story.Credited(WorkStory.Talent, 1_000)) is var credited
                ? (credited.PaidToTalent, credited.Held)
                : default));
    }

    [Fact]
    public void A_burned_nonce_is_told_and_funds_nothing()
    {
        var fold = Fold(Story.NonceBurned());
        Assert.Equal((true, null), (fold.NonceBurned, fold.Agreement));
    }

    [Fact]
    public void A_second_contract_that_takes_the_same_nonce_does_not_touch_the_first_agreement()
    {
        var other = new WorkStory(31337, Story.Terms.Token, Story.Terms.Token, 7, Start + 86_400);
        Assert.Equal(
            Folded(Story.Funded(2)).Held, Folded(Story.Funded(2), other.Funded(1), other.Closed(0, Closing.Released, 1_000)).Held);
    }

    [Fact]
    public void An_agreement_whose_price_leaves_128_bits_is_not_followed()
    {
        var huge = new WorkStory(31337, Contract, Story.Terms.Token, 8, Start)
        {
            Terms = Story.Terms with { Amounts = [new Amount(UInt128.MaxValue), new Amount(1)], WorkTimes = [3600, 3600], FeeBps = 0 },
        };
        Assert.Null(Fold(huge.Funded(1)).Agreement);
    }

    [Fact]
    public void Every_milestone_says_how_final_it_is_as_of_a_cursor()
    {
        var cursor = new ChainCursor(2, 1, HeadNo: 12, default, default, FinalNo: 10);
        var agreement = EscrowFold.At(Folded(Story.Funded(2), Story.Submitted(0, 900)), cursor, 3);
        Assert.Equal((FinalityStatus.Pending, 2ul, 3ul), Told(agreement.Milestones[0]));
        Assert.Equal((FinalityStatus.Final, 3ul, 3ul), Told(agreement.Milestones[1]));
        Assert.Null(agreement.Milestones[2].Seen);

        static (FinalityStatus, ulong, ulong) Told(MilestoneView milestone) =>
            (milestone.Seen!.Status, milestone.Seen.Confirmations, milestone.Seen.ConfirmationsNeeded);
    }

    [Fact]
    public void The_exit_bound_is_the_contracts()
    {
        const ulong Window = WorkStory.ReviewWindow, Work = WorkStory.WorkTime, Again = 2 * (Window + WorkStory.ReworkTime);
        Assert.Equal(new BlockTime(Start + 3 * Window + 2 * Work + 2 * Again), Deadlines.ExitBound(Folded(Story.Funded(2))));
        Assert.Equal(
            new BlockTime(Start + 1 + 3 * Window + Work + 2 * Again), Deadlines.ExitBound(Folded(Story.Funded(2), Story.Submitted(0, 1))));
        Assert.Equal(
            new BlockTime(Start + 2 + 2 * Window + WorkStory.ReworkTime + Again / 2),
            Deadlines.ExitBound(Folded(Story.Funded(1), Story.Submitted(0, 1), Story.ChangesRequested(0, 1))));
        Assert.Equal(
            new BlockTime(Start + 500 + Window),
            Deadlines.ExitBound(Folded(Story.Funded(1), Story.Submitted(0, 1), Story.Disputed(0, Start + 500))));
        Assert.Equal(default, Deadlines.ExitBound(Folded(Story.Funded(1), Story.Closed(0, Closing.Refunded, 0))));
    }

    [Fact]
    public void Requested_changes_open_the_milestone_again_for_the_rework_time()
    {
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900), Story.ChangesRequested(0, 1));
        Assert.Equal((AgreementPhase.Funded, 1, Amount.Zero), (agreement.Phase, agreement.Milestones[0].Revisions, agreement.Milestones[0].Claimed));
        Assert.Equal(new Deadline(new BlockTime(Start + 2 + WorkStory.ReworkTime), EscrowMove.Reclaim), agreement.Deadline);
    }

    [Fact]
    public void A_request_to_cancel_shortens_the_window_until_it_is_answered()
    {
        var asked = Folded(Story.Funded(1), Story.CancelAsked(0, Start + 50));
        Assert.Equal(new Deadline(new BlockTime(Start + 50), EscrowMove.Reclaim), asked.Deadline);
        var kept = Folded(Story.Funded(1), Story.CancelAsked(0, Start + 50), Story.Kept(0));
        Assert.Equal(new Deadline(new BlockTime(Start + WorkStory.WorkTime), EscrowMove.Reclaim), kept.Deadline);
        Assert.True(kept.Milestones[0].CancelAsked);
        Assert.Null(Folded(Story.Funded(1), Story.CancelAsked(0, Start + 50), Story.Submitted(0, 1)).Milestones[0].AnswerBy);
    }

    [Fact]
    public void An_extension_lets_the_work_time_run_anew() =>
        Assert.Equal(
            new BlockTime(Start + 1 + WorkStory.WorkTime), Folded(Story.Funded(1), Story.Extended(0)).Deadline!.At);

    [Fact]
    public void A_dispute_waits_for_the_court_until_its_deadline()
    {
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900), Story.Disputed(0, Start + 500));
        Assert.Equal((AgreementPhase.Disputed, MilestonePhase.Disputed), (agreement.Phase, agreement.Milestones[0].Phase));
        Assert.Equal(new Deadline(new BlockTime(Start + 500), EscrowMove.Resolve), agreement.Deadline);
        Assert.Equal((2_500, new Amount(10)), (agreement.Milestones[0].Dispute!.EmployerBps, agreement.Milestones[0].Dispute!.Cost));
    }

    [Theory]
    [InlineData(Closing.Agreed, MilestonePhase.Agreed)]
    [InlineData(Closing.Ruled, MilestonePhase.Ruled)]
    [InlineData(Closing.FellBack, MilestonePhase.FellBack)]
    public void However_a_milestone_closes_its_sums_are_told(Closing how, MilestonePhase phase)
    {
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900), Story.Disputed(0, Start + 500), Story.Closed(0, how, 450));
        Assert.Equal((phase, new Amount(450), Amount.Zero), (agreement.Milestones[0].Phase, agreement.PaidToTalent, agreement.Held));
        Assert.NotNull(agreement.Milestones[0].Dispute);
    }

    [Fact]
    public void Ending_returns_what_was_prepaid_and_makes_the_open_milestone_the_last()
    {
        var agreement = Folded(Story.Funded(3), Story.Ended(1, 2));
        Assert.Equal((AgreementPhase.Funded, 1, true), (agreement.Phase, agreement.MilestonesFunded, agreement.Ending));
        Assert.Equal(
            [MilestonePhase.Working, MilestonePhase.Returned, MilestonePhase.Returned],
            agreement.Milestones.Select(milestone => milestone.Phase));
        Assert.Equal(new Amount(1_150), agreement.Held);
        Assert.Equal(AgreementPhase.Ended, Folded(Story.Funded(3), Story.Ended(1, 2), Story.Closed(0, Closing.Released, 1_000)).Phase);
        Assert.Equal(
            AgreementPhase.Ended, Folded(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000), Story.Ended(1, 0)).Phase);
    }

    [Fact]
    public void Amended_terms_go_on_where_the_old_ones_stood()
    {
        var next = new WorkStory(31337, Contract, Story.Terms.Token, 7, Start + 86_400)
        {
            Terms = Story.Terms with
            {
                Previous = Story.Agreement, Amounts = [new Amount(1_000), new Amount(50)], WorkTimes = [WorkStory.WorkTime, 3_600],
            },
        };
        var agreement = Folded(Story.Funded(1), Story.Submitted(0, 900), Story.Amended(next), next.Closed(0, Closing.Released, 900));
        Assert.Equal((next.Agreement, Story.Agreement, 1), (agreement.Funded.Agreement, agreement.FirstTerms, agreement.Amendments));
        Assert.Equal(
            [(MilestonePhase.Released, new Amount(1_000)), (MilestonePhase.Unfunded, new Amount(50))],
            agreement.Milestones.Select(milestone => (milestone.Phase, milestone.Amount)));
        Assert.Equal(new Amount(900), agreement.PaidToTalent);
    }

    [Fact]
    public void A_payout_moves_once_its_delay_has_passed_unless_it_is_called_off()
    {
        var to = WorkStory.Stranger;
        var asked = Folded(Story.Funded(1), Story.PayoutMoveAsked(to, Start + 100));
        Assert.Equal((WorkStory.Talent, to), (asked.PayoutAt(new BlockTime(Start + 100)), asked.PayoutAt(new BlockTime(Start + 101))));
        var off = Folded(Story.Funded(1), Story.PayoutMoveAsked(to, Start + 100), Story.PayoutMoveCancelled());
        Assert.Equal((WorkStory.Talent, 2), (off.PayoutAt(new BlockTime(Start + 101)), off.PayoutMoves));
    }

    [Fact]
    public void Tips_and_shares_are_told_beside_what_is_held()
    {
        var agreement = Folded(Story.Funded(1), Story.FeeShared(7), Story.Tipped(100), Story.Credited(WorkStory.Employer, 3));
        Assert.Equal(
            (100u, 15u, 7u, 3u),
            ((uint)agreement.Tips.Units, (uint)agreement.TipFees.Units, (uint)agreement.OriginShares.Units, (uint)agreement.CreditedToEmployer.Units));
        Assert.Equal(new Amount(1_150), agreement.Held);
    }

    [Fact]
    public void Sums_that_outgrow_128_bits_end_the_following_and_throw_nothing()
    {
        var tip = new EscrowEvent.Tipped(new Amount(UInt128.MaxValue), default, 0)
        {
            Negotiation = Story.Negotiation, Employer = WorkStory.Employer, Talent = WorkStory.Talent, Agreement = Story.Agreement,
        };
        var at = new FactPlace(9, Contract, new Seen(20, default, new BlockTime(Start + 9), default, FinalityStatus.Pending, 0, 0), 0);
        var once = EscrowFold.Apply(Fold(Story.Funded(1)), tip, at);
        Assert.Equal(UInt128.MaxValue, once.Agreement!.Tips.Units);
        Assert.Null(EscrowFold.Apply(once, tip, at).Agreement);
    }

    internal static NegotiationOnChain Fold(params ScriptedLog[] logs) => logs.Select((log, i) => (log, i)).Aggregate(
        NegotiationOnChain.Empty, (fold, told) => EscrowFold.Apply(
            fold, EscrowFacts.TryRead(told.log.Topics.AsSpan(), told.log.Data.Span)!.Value.Event,
            new FactPlace(told.i + 1, told.log.Contract, new Seen(
                (ulong)(10 + told.i), Hash32.Keccak([(byte)told.i]), new BlockTime(Start + (ulong)told.i), default,
                FinalityStatus.Pending, 0, 0), 0)));

    private static AgreementOnChain Folded(params ScriptedLog[] logs) => Fold(logs).Agreement!;
}
