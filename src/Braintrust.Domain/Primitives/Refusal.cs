using Orleans;

namespace Braintrust;

/// <summary>
/// Every business "no" there is. The names are stable: they are the <c>ErrorInfo.reason</c> clients switch on (in
/// upper snake case), so they are never renamed and never reused.
/// </summary>
[GenerateSerializer]
public enum RefusalCode
{
    None = 0,
    InvalidArgument = 1,
    NotFound = 2,
    NotAParty = 3,
    Unauthenticated = 4,
    PermissionDenied = 5,
    WrongState = 6,
    TooEarly = 7,
    TooLate = 8,
    Conflict = 9,
    EtagMismatch = 10,
    RequestIdReused = 11,
    SignatureInvalid = 12,
    NonceInvalid = 13,
    ChainMismatch = 14,
    AddressTaken = 15,
    LastWallet = 16,
    LimitReached = 17,
    InsufficientFunds = 18,
    SimulationReverted = 19,
    ResumeTokenExpired = 20,
    ResumeTokenInvalid = 21,
    ChainHalted = 22,
    TransactionRejected = 23,
    SessionEnded = 24,
    PolicyVersionExpired = 25,
    TokenNotListed = 26,
    Unreconciled = 27,
    PositionsFilled = 30,
    OfferOutdated = 31,
    OfferExpired = 32,
    QuoteExpired = 33,
    BidExists = 34,
    ApprovalRequired = 40,
    RoleRequired = 41,
    DocumentMissing = 42,
    PageTokenInvalid = 50,
    FilterInvalid = 51,
    StateMoved = 60,
    RelayUnavailable = 61,
}

/// <summary>A business "no": a value, not an exception.</summary>
/// <param name="Code">From the closed list.</param>
/// <param name="Message">A plain sentence for a person.</param>
/// <param name="Field">Path of the request field at fault, as the proto names it, when one is.</param>
/// <param name="Error">Name of the contract's custom error (SimulationReverted), when it has one.</param>
[GenerateSerializer, Immutable, Alias("Refusal")]
public sealed record Refusal(RefusalCode Code, string Message, string? Field = null, string? Error = null);

/// <summary>What a rule answers: the next value, or a refusal.</summary>
[GenerateSerializer, Immutable, Alias("Outcome`1")]
public readonly struct Outcome<T> where T : notnull
{
    [Id(0)] private readonly T? _value;
    [Id(1)] private readonly Refusal? _refusal;

    private Outcome(T? value, Refusal? refusal) => (_value, _refusal) = (value, refusal);

    public bool IsRefused => _refusal is not null;

    /// <summary>True with the value, or false with the refusal.</summary>
    public bool Accepted(
        [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value,
        [System.Diagnostics.CodeAnalysis.MaybeNullWhen(true)] out Refusal refusal)
    {
        (value, refusal) = (_value, _refusal);
        return _refusal is null;
    }

    public Outcome<TNext> Then<TNext>(Func<T, Outcome<TNext>> next) where TNext : notnull =>
        Accepted(out var value, out var refusal) ? next(value) : refusal;

    public static implicit operator Outcome<T>(T value) => new(value, null);
    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}
