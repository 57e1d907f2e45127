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

    /// <summary>96 random bits; ten times what EIP-4361 asks for at least.</summary>
    private const int NonceBytes = 12;

    private FrozenSet<ulong> ChainIds => chains.All.Select(chain => chain.Settings.ChainId).ToFrozenSet();

    public async ValueTask<SiweMessage> NewMessage(Address wallet, ulong chainId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var message = new SiweMessage
        {
            Domain = options.Domain,
            Address = wallet,
            Statement = Statement,
            Uri = options.Uri,
            ChainId = chainId,
            Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes)),
            IssuedAt = now,
            ExpirationTime = now.AddSeconds(options.MessageLifetimeSeconds),
        };
        await store.SaveNonce(message.Nonce, message.ExpirationTime.Value, ct);
        return message;
    }

    /// <summary>
    /// The message, when it is for here and now and its wallet signed it. The nonce is not used up yet.
    /// Refused: InvalidArgument, ChainMismatch, SignatureInvalid.
    /// </summary>
    public async ValueTask<Outcome<SiweMessage>> Check(string text, ReadOnlyMemory<byte> signature, CancellationToken ct)
    {
        if (SiweMessage.Parse(text) is not { } message)
            return new Refusal(RefusalCode.InvalidArgument, "Not a sign-in message as EIP-4361 writes it.", "message");
        var trouble = message.Check(options.Domain, options.Uri, ChainIds, clock.GetUtcNow());
        if (trouble is not null) return trouble;
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
        await store.ConsumeNonce(message.Nonce, clock.GetUtcNow(), ct)
            ? message
            : new Refusal(RefusalCode.NonceInvalid, "The message's nonce is unknown, used or expired: ask for a new message.");

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

    private async ValueTask<Outcome<(string Id, AccountState State)>> Read(string id) =>
        (await grains.GetGrain<IAccountGrain>(id).Read()).Then<(string, AccountState)>(state => (id, state));
}
