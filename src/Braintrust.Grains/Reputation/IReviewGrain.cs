using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Braintrust.Reputation;

/// <summary>The reviews of one milestone. Key: <see cref="ReviewKey"/>. It files; <see cref="ReviewReader"/> reads.</summary>
[Alias("reputation.IReviewGrain")]
public interface IReviewGrain : IGrainWithStringKey
{
    /// <summary>
    /// A review to sign, with a new salt. Refused as <see cref="File"/>; nothing is stored.
    /// </summary>
    /// <param name="reviewer">A wallet of the caller's: employer, manager or talent.</param>
    [Alias("Prepare"), AlwaysInterleave]
    Task<Outcome<PreparedReview>> Prepare(
        Caller caller, Address reviewer, Ratings ratings, ImmutableArray<SkillRating> skills, string text);

    /// <summary>
    /// Stores a signed review, sealed. Refused: NotFound, NotAParty, InvalidArgument naming the field, WrongState, TooEarly,
    /// TooLate, SignatureInvalid, Conflict when this side has filed another.
    /// </summary>
    /// <param name="signature">By the reviewer's key, or what its contract wallet (ERC-1271) accepts.</param>
    [Alias("File")]
    Task<Outcome<ReviewReceipt>> File(Caller caller, RequestKey request, Review review, string text, byte[] signature);
}

/// <param name="Contract">The Reputation contract that it is to be signed for.</param>
[GenerateSerializer, Immutable, Alias("reputation.PreparedReview")]
public sealed record PreparedReview([property: Id(0)] Review Review, [property: Id(1)] Address Contract);
