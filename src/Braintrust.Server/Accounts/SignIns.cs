using System.Collections.Frozen;
using System.Security.Cryptography;
using Braintrust.Chain;

namespace Braintrust.Accounts;

/// <summary>Proves that somebody holds a wallet: makes sign-in messages (EIP-4361), and checks and uses up signed ones.</summary>
public sealed class SignIns(
    ISessionStore store, IFollowedChains chains, ISignatureRecovery recovery, IGrainFactory grains,
    SignInOptions options, TimeProvider clock)
{
    /// <summary>Longer signatures are refused unread.</summary>
    public const int SignatureBytesMax = 1024;

    private const string Statement = "Sign in to Braintrust. This costs nothing and moves no money.";

    private const string LinkStatement = "Let the Braintrust account below act with this wallet. This costs nothing and moves no money.";

    /// <summary>96 random bits; ten times what EIP-4361 asks for at least.</summary>
    private const int NonceBytes = 12;

    private FrozenSet<ulong> ChainIds => chains.All.Select(chain => chain.Settings.ChainId).ToFrozenSet();

    /// <param name="account">The account that the wallet is to be linked to, null to sign in.</param>
    public async ValueTask<SiweMessage> NewMessage(Address wallet, ulong chainId, string? account, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var message = new SiweMessage
        {
            Domain = options.Domain,
            Address = wallet,
            Statement = account is null ? Statement : LinkStatement,
            Uri = options.Uri,
            ChainId = chainId,
            Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes)),
            IssuedAt = now,
            ExpirationTime = now.AddSeconds(options.MessageLifetimeSeconds),
            Resources = account is null ? null : [AccountUri(account)],
        };
        await store.SaveNonce(message.Nonce, message.ExpirationTime.Value, ct);
        return message;
    }

    /// <summary>
    /// The message, when it is for here and now, for this account, and its wallet signed it. The nonce is not used up yet.
    /// Refused: InvalidArgument, ChainMismatch, SignatureInvalid.
    /// </summary>
    /// <param name="account">The account that the wallet is to be linked to, null to sign in.</param>
    public async ValueTask<Outcome<SiweMessage>> Check(
        string text, ReadOnlyMemory<byte> signature, string? account, CancellationToken ct)
    {
        if (SiweMessage.Parse(text) is not { } message)
            return new Refusal(RefusalCode.InvalidArgument, "Not a sign-in message as EIP-4361 writes it.", "message");
        var trouble = message.Check(options.Domain, options.Uri, ChainIds, clock.GetUtcNow());
        if (trouble is not null) return trouble;
        if (Misused(message, account) is { } misused) return misused;
        // A stranger's contract may be asked about a signature, hence on the chain that the message names.
        var node = chains.Find(message.ChainId)!.Node;
        var valid = await ContractSignatures.IsValid(
            node, recovery, message.Address, PersonalMessage.Hash(text), signature, BlockId.Latest, ct);
        return valid
            ? message
            : new Refusal(RefusalCode.SignatureInvalid, $"Not a signature of the message by {message.Address}.", "signature");
    }

    /// <summary>Uses the message's nonce up. Refused: NonceInvalid.</summary>
    public async ValueTask<Outcome<SiweMessage>> Consume(SiweMessage message, CancellationToken ct) =>
        await store.ConsumeNonce(message.Nonce, clock.GetUtcNow(), ct) ? message : NonceInvalid;

    /// <summary>Uses the message's nonce up for this request, which may be repeated. Refused: NonceInvalid.</summary>
    public async ValueTask<Outcome<SiweMessage>> Claim(
        SiweMessage message, string account, RequestKey request, CancellationToken ct) =>
        await store.ClaimNonce(message.Nonce, $"{account} {request.Id} {request.BodyHash}", clock.GetUtcNow(), ct)
            ? message
            : NonceInvalid;

    /// <summary>The account of a wallet that proved itself, opened when there is none.</summary>
    public async ValueTask<Outcome<(string Id, AccountState State)>> FindOrOpen(Address wallet, CancellationToken ct)
    {
        if (await store.FindAccount(wallet, ct) is { } known) return await Read(known);
        var id = Ulid.NewUlid(clock.GetUtcNow()).ToString();
        var opened = await grains.GetGrain<IAccountGrain>(id).Open(wallet);
        if (opened.Accepted(out var state, out var refusal)) return (id, state);
        // Two first sign-ins of one wallet at once: the other was first.
        return refusal.Code == RefusalCode.AddressTaken && await store.FindAccount(wallet, ct) is { } other
            ? await Read(other)
            : refusal;
    }

    /// <summary>What a message names that links a wallet: its account here.</summary>
    private string AccountUri(string account) => $"{options.Uri.TrimEnd('/')}/v1/{Party.OfAccount(account)}";

    /// <summary>A message to sign in names no account of ours; one to link names the right one alone, and says what it does.</summary>
    private Refusal? Misused(SiweMessage message, string? account)
    {
        var named = (message.Resources ?? []).Where(uri => uri.StartsWith(AccountUri(""), StringComparison.Ordinal));
        if (account is null) return named.Any() ? NotToSignIn : null;
        return named.SequenceEqual([AccountUri(account)]) && message.Statement == LinkStatement ? null : NotForAccount;
    }

    private static Refusal NonceInvalid { get; } =
        new(RefusalCode.NonceInvalid, "The message's nonce is unknown, used or expired: ask for a new message.");

    private static Refusal NotToSignIn { get; } =
        new(RefusalCode.InvalidArgument, "The message links a wallet: ask for one to sign in.", "message");

    private static Refusal NotForAccount { get; } =
        new(RefusalCode.InvalidArgument, "The message does not link the wallet to this account: ask for one that does.", "message");

    private async ValueTask<Outcome<(string Id, AccountState State)>> Read(string id) =>
        (await grains.GetGrain<IAccountGrain>(id).Read()).Then<(string, AccountState)>(state => (id, state));
}
