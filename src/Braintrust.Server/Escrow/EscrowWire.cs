using System.Collections.Immutable;
using Braintrust.Chain;
using Google.Protobuf;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

internal static class EscrowWire
{
    public const string Collection = "agreements";

    public static string Name(ulong chainId, Hash32 negotiation) => $"{Collection}/{Wire.Key(chainId, negotiation)}";

    /// <summary>What is filled in where drafted terms do not say it.</summary>
    private const uint RevisionsUnlessTold = 2;
    private const uint FallbackBpsUnlessTold = 5_000;

    /// <param name="defaults">True to fill in what is empty; false to take the terms as signed.</param>
    /// <param name="path">Where the terms stand in the request.</param>
    public static Terms Terms(V1.Terms? terms, bool defaults, string path = "terms")
    {
        if (terms is null) throw Wire.Bad(path, "Terms are required.");
        var employer = Wire.Address(terms.Employer, path + ".employer");
        var talent = Wire.Address(terms.Talent, path + ".talent");
        var (amounts, workTimes) = Milestones(terms, path);
        return new Terms
        {
            Nonce = Wire.Word(terms.Nonce, path + ".nonce"),
            Sequence = Wire.Word(terms.Sequence, path + ".sequence"),
            Previous = Wire.Hash(terms.Previous, path + ".previous", whenEmpty: default),
            Employer = employer,
            Manager = defaults ? Wire.Address(terms.Manager, path + ".manager", employer) : Wire.Address(terms.Manager, path + ".manager"),
            Talent = talent,
            Payout = defaults ? Wire.Address(terms.Payout, path + ".payout", talent) : Wire.Address(terms.Payout, path + ".payout"),
            Token = Wire.Address(terms.Token, path + ".token"),
            PolicyVersion = terms.PolicyVersion,
            FeeBps = (ushort)Wire.Count(terms.FeeBps, path + ".fee_bps", 0, (int)Amount.BasisPoints),
            Origin = Wire.Address(terms.Origin, path + ".origin", whenEmpty: default(Address)),
            OriginBps = (ushort)Wire.Count(terms.OriginBps, path + ".origin_bps", 0, (int)Amount.BasisPoints),
            ReviewWindow = terms.ReviewWindowSeconds,
            ReworkTime = terms.ReworkTimeSeconds,
            RevisionsMax = (byte)Told(
                terms.HasRevisionsMax, terms.RevisionsMax, defaults, RevisionsUnlessTold, path + ".revisions_max", TermsRules.RevisionsMax),
            Court = Wire.Address(terms.Court, path + ".court", whenEmpty: default(Address)),
            CourtRules = terms.CourtRules.Length == 0 ? 0 : Wire.Word(terms.CourtRules, path + ".court_rules"),
            CaseTime = terms.CaseTimeSeconds,
            FallbackTalentBps = (ushort)Told(
                terms.HasFallbackTalentBps, terms.FallbackTalentBps, defaults, FallbackBpsUnlessTold, path + ".fallback_talent_bps",
                (int)Amount.BasisPoints),
            ValidUntil = terms.ValidUntilSeconds,
            Documents = Wire.Hash(terms.Documents, path + ".documents"),
            Amounts = amounts,
            WorkTimes = workTimes,
        };
    }

    public static V1.Terms Terms(Terms terms) => new()
    {
        Nonce = terms.Nonce.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Sequence = terms.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Previous = terms.Previous.ToString(),
        Employer = terms.Employer.ToString(),
        Manager = terms.Manager.ToString(),
        Talent = terms.Talent.ToString(),
        Payout = terms.Payout.ToString(),
        Token = terms.Token.ToString(),
        PolicyVersion = terms.PolicyVersion,
        FeeBps = terms.FeeBps,
        Origin = OrEmpty(terms.Origin),
        OriginBps = terms.OriginBps,
        ReviewWindowSeconds = terms.ReviewWindow,
        ReworkTimeSeconds = terms.ReworkTime,
        RevisionsMax = terms.RevisionsMax,
        Court = OrEmpty(terms.Court),
        CourtRules = terms.CourtRules.ToString(System.Globalization.CultureInfo.InvariantCulture),
        CaseTimeSeconds = terms.CaseTime,
        FallbackTalentBps = terms.FallbackTalentBps,
        ValidUntilSeconds = terms.ValidUntil,
        Documents = terms.Documents.ToString(),
        Milestones =
        {
            terms.Amounts.Zip(terms.WorkTimes, (amount, workTime) =>
                new V1.MilestoneTerms { Amount = amount.ToString(), WorkTimeSeconds = workTime }),
        },
    };

    /// <param name="path">Where the move stands in the request, with a point behind.</param>
    public static MoveRequest Move(V1.PrepareMoveRequest request, string path = "") => new(
        Wire.Enum<EscrowMove>(request.Move, path + "move"),
        Wire.Count(request.MilestoneIndex, path + "milestone_index", 0, Braintrust.Escrow.Terms.MilestonesMax - 1),
        Wire.Count(request.Count, path + "count", 0, Braintrust.Escrow.Terms.MilestonesMax),
        Sum(request.Sum, path + "sum"),
        Wire.Hash(request.Evidence, path + "evidence", whenEmpty: default),
        Wire.Address(request.To, path + "to", whenEmpty: default(Address)),
        Wire.Count(request.EmployerBps, path + "employer_bps", 0, (int)Amount.BasisPoints),
        Wire.Count(request.TalentBps, path + "talent_bps", 0, (int)Amount.BasisPoints),
        request.Next is null ? null : Terms(request.Next, defaults: false, path + "next"),
        request.Permit is not { } permit
            ? null
            : new PermitWord(
                Wire.Amount(permit.Value, path + "permit.value"), permit.DeadlineSeconds,
                Wire.Bytes(permit.Signature, path + "permit.signature", 65, 65).ToArray()));

    /// <summary>What was signed; all empty for a move that needs nobody's signature.</summary>
    public static SignedWord Word(V1.PrepareMoveRequest move, string digest, ByteString signature)
    {
        var word = new SignedWord(
            Wire.Hash(digest, "digest", whenEmpty: default), move.ExpirySeconds,
            Wire.Bytes(signature, "signature", 0, TermsRules.SignatureBytesMax).ToArray());
        return word.Signature.Length > 0 && word.Expiry == 0
            ? throw Wire.Bad("move.expiry_seconds", "The second that was signed.")
            : word;
    }

    public static V1.Agreement Agreement(AgreementView view)
    {
        var agreement = new V1.Agreement
        {
            Name = Name(view.ChainId, view.Negotiation),
            ChainId = view.ChainId,
            Negotiation = view.Negotiation.ToString(),
            Offer = view.Offer is null ? null : Signed(view.Offer),
            Etag = Wire.Etag(view.Version),
            HeadNumber = view.Cursor.HeadNo,
            FinalNumber = view.Cursor.FinalNo,
            Job = Name("jobs", view.Context?.Job),
            OriginNegotiation = Name("negotiations", view.Context?.Negotiation),
            Organisation = Name("organisations", view.Context?.Organisation),
            MoveOffers = { view.Consents.Select(Offered) },
        };
        if (view.Chain is { } chain) Fill(agreement, chain, view.Cursor.HeadTime);
        return agreement;
    }

    private static string Name(string collection, string? id) => id is null ? "" : $"{collection}/{id}";

    public static V1.Total Total(ListedTotal total) => new()
    {
        ChainId = total.ChainId,
        Contract = total.Contract.ToString(),
        Token = total.Token.ToString(),
        Funded = $"{total.Funded}",
        Released = $"{total.Released}",
        Refunded = $"{total.Refunded}",
        Fees = $"{total.Fees}",
        Held = $"{total.Held}",
        Credited = $"{total.Credited}",
        Tips = $"{total.Tips}",
        TipFees = $"{total.TipFees}",
        AgreementsOpen = (ulong)total.Open,
        AgreementsFinished = (ulong)total.Finished,
        BlockNumber = total.ChangedBlock,
    };

    public static V1.PrepareMoveResponse Prepared(PreparedMove move)
    {
        var transaction = new V1.UnsignedTransaction
        {
            ChainId = move.ChainId,
            From = move.From.ToString(),
            To = move.To.ToString(),
            Data = ByteString.CopyFrom(move.Data),
            Value = "0",
            GasLimit = move.GasLimit,
            MaxFeePerGas = move.MaxFeePerGas.ToString(System.Globalization.CultureInfo.InvariantCulture),
            MaxPriorityFeePerGas = move.MaxPriorityFeePerGas.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Nonce = move.Nonce,
        };
        return new V1.PrepareMoveResponse
        {
            Transaction = move.ApprovalNeeded is null ? transaction : null,
            Approval = move.ApprovalNeeded is null ? null : transaction,
            Summary = move.Summary,
            Effects = { move.Effects.Select(Effect) },
            Changes = { move.Changes.Select(Change) },
            Permit = move.Permit is not { } permit
                ? null
                : new V1.UnsignedPermit
                {
                    TypedDataJson = permit.TypedDataJson, Value = permit.Value.ToString(), DeadlineSeconds = permit.Deadline,
                },
        };
    }

    public static V1.PrepareMoveResponse Prepared(SignableCall call) => new()
    {
        Call = new V1.UnsignedCall
        {
            TypedDataJson = call.TypedDataJson,
            Digest = call.Digest.ToString(),
            Signer = call.Signer.ToString(),
            Contract = call.Contract.ToString(),
            Data = ByteString.CopyFrom(call.Call),
            ExpirySeconds = call.Expiry,
            StateWord = OrEmpty(call.State),
        },
        Summary = call.Summary,
        Effects = { call.Effects.Select(Effect) },
        Changes = { call.Changes.Select(Change) },
    };

    /// <summary>Empty is "all of it", which the rules read as zero; a written zero must not come to mean the same.</summary>
    private static Amount Sum(string text, string field)
    {
        if (text.Length == 0) return Amount.Zero;
        var sum = Wire.Amount(text, field);
        return sum.IsZero ? throw Wire.Bad(field, "Not zero; leave it empty for the whole.") : sum;
    }

    private static (ImmutableArray<Amount>, ImmutableArray<uint>) Milestones(V1.Terms terms, string path)
    {
        Wire.Count((uint)terms.Milestones.Count, path + ".milestones", 1, Braintrust.Escrow.Terms.MilestonesMax);
        return ([.. terms.Milestones.Select((milestone, i) => Wire.Amount(milestone.Amount, $"{path}.milestones[{i}].amount"))],
            [.. terms.Milestones.Select(milestone => milestone.WorkTimeSeconds)]);
    }

    private static V1.SignedTerms Signed(SignedTerms signed) => new()
    {
        Terms = Terms(signed.Terms),
        Agreement = signed.Agreement.ToString(),
        TalentSignature = ByteString.CopyFrom(signed.TalentSignature),
    };

    /// <summary>A number that may be zero, so that leaving it away is something else.</summary>
    private static int Told(bool has, uint told, bool defaults, uint unlessTold, string field, int max) =>
        !has && !defaults
            ? throw Wire.Bad(field, "Terms are taken as signed: say it.")
            : Wire.Count(has ? told : unlessTold, field, 0, max);

    private static string OrEmpty(Address address) => address.IsZero ? "" : address.ToString();

    private static string OrEmpty(Hash32 hash) => hash.IsZero ? "" : hash.ToString();

    private static void Fill(V1.Agreement agreement, AgreementOnChain chain, BlockTime now)
    {
        agreement.Agreement_ = chain.Funded.Agreement.ToString();
        agreement.Terms = Terms(chain.Funded.Terms);
        agreement.Phase = (V1.AgreementPhase)chain.Phase;
        agreement.MilestoneIndex = (uint)chain.Milestone;
        agreement.MilestonesFunded = (uint)chain.MilestonesFunded;
        agreement.Milestones.AddRange(chain.Milestones.Select(Milestone));
        agreement.PaidIn = chain.PaidIn.ToString();
        agreement.PaidToTalent = chain.PaidToTalent.ToString();
        agreement.FeesKept = chain.FeesKept.ToString();
        agreement.Refunded = chain.Refunded.ToString();
        agreement.Held = chain.Held.ToString();
        if (chain.Deadline is { } deadline)
            agreement.Deadline = new V1.Deadline { AtSeconds = deadline.At.Seconds, Opens = (V1.Move)deadline.Opens };
        agreement.Final = chain.Seen.Status == FinalityStatus.Final;
        agreement.FirstTerms = chain.FirstTerms.ToString();
        agreement.Amendments = (uint)chain.Amendments;
        agreement.Ending = chain.Ending;
        agreement.CreditedToTalent = chain.CreditedToTalent.ToString();
        agreement.CreditedToEmployer = chain.CreditedToEmployer.ToString();
        agreement.Tips = chain.Tips.ToString();
        agreement.TipFees = chain.TipFees.ToString();
        agreement.OriginShares = chain.OriginShares.ToString();
        agreement.Payout = chain.PayoutAt(now).ToString();
        if (chain.PayoutMove is { Next: { } next } move && move.Waits(now))
            agreement.PayoutMove = new V1.PayoutMove { To = next.ToString(), WaitsUntilSeconds = move.WaitsUntil.Seconds };
        agreement.ExitBoundSeconds = Deadlines.ExitBound(chain).Seconds;
        agreement.StateWord = StateSlot.Of(chain).Word().ToString();
    }

    private static V1.Milestone Milestone(MilestoneView milestone) => new()
    {
        Phase = (V1.MilestonePhase)milestone.Phase,
        Amount = milestone.Amount.ToString(),
        FeeOnTop = milestone.FeeOnTop.ToString(),
        Claimed = milestone.Claimed.ToString(),
        Evidence = OrEmpty(milestone.Evidence),
        Pay = milestone.Pay.ToString(),
        Fee = milestone.Fee.ToString(),
        Refund = milestone.Refund.ToString(),
        Seen = milestone.Seen is null ? null : ChainWire.Seen(milestone.Seen),
        Revisions = (uint)milestone.Revisions,
        Reasons = OrEmpty(milestone.Reasons),
        CancelAsked = milestone.CancelAsked,
        AnswerBySeconds = milestone.AnswerBy?.Seconds ?? 0,
        Dispute = milestone.Dispute is { } dispute
            ? new V1.Dispute
            {
                EmployerBps = (uint)dispute.EmployerBps,
                Cost = dispute.Cost.ToString(),
                DeadlineSeconds = dispute.Deadline.Seconds,
                CaseId = dispute.CaseId.ToString(),
            }
            : null,
    };

    private static V1.MoveOffer Offered(ConsentView view) => new()
    {
        Digest = view.Consent.Digest.ToString(),
        Move = (V1.Move)view.Consent.Move,
        Wallet = view.Consent.By.ToString(),
        Status = (V1.MoveOfferStatus)view.Status,
        MilestoneIndex = (uint)view.Consent.Milestone,
        TalentBps = (uint)view.Consent.TalentBps,
        Next = view.Consent.Next is { } next ? Terms(next) : null,
        Changes = { view.Changes.Select(Change) },
        ExpirySeconds = view.Consent.Expiry,
        StateWord = view.Consent.State.ToString(),
        Signature = ByteString.CopyFrom(view.Consent.Signature),
        CreateTime = Wire.Time(view.Consent.GivenAt),
    };

    private static V1.TermsChange Change(TermsChange change) =>
        new() { Field = change.Field, Before = change.Before, After = change.After };

    private static V1.BalanceEffect Effect(BalanceEffect effect) => new()
    {
        Holder = effect.Holder.ToString(),
        Token = effect.Token.ToString(),
        Amount = effect.Amount.ToString(),
        Incoming = effect.Incoming,
    };
}
