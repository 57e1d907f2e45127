using Braintrust.Chain;
using Braintrust.Security;
using Braintrust.Storage;
using Grpc.Core;
using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust.Accounts;

public sealed class AccountsService(
    SignIns signIns, Sessions sessions, Callers callers, ICommitStore requests, IFollowedChains chains,
    IGrainFactory grains, SignInOptions options) : V1.AccountsService.AccountsServiceBase
{
    public override async Task<V1.CreateSignInMessageResponse> CreateSignInMessage(
        V1.CreateSignInMessageRequest request, ServerCallContext context)
    {
        var wallet = Wire.Address(request.Address, "address");
        var chain = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var account = request.Account.Length == 0 ? null : Wire.UlidName(request.Account, "accounts", "account");
        var message = await signIns.NewMessage(wallet, chain, account, context.CancellationToken);
        return new() { Message = message.Format(), ExpireTime = Wire.Time(message.ExpirationTime!.Value) };
    }

    public override async Task<V1.SignInResponse> SignIn(V1.SignInRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var message = (await Check(request.Message, request.Signature, null, ct)).OrThrow();
        (await signIns.Consume(message, ct)).OrThrow();
        var (id, account) = (await signIns.FindOrOpen(message.Address, ct)).OrThrow();
        var lifetime = TimeSpan.FromMinutes(options.SessionLifetimeMinutes);
        var (token, session) = await sessions.Open(id, message.Address, lifetime, ct);
        return new()
        {
            SessionToken = token,
            ExpireTime = Wire.Time(session.ExpiresAt),
            Account = AccountsWire.Account(id, account),
        };
    }

    public override async Task<V1.SignOutResponse> SignOut(V1.SignOutRequest request, ServerCallContext context)
    {
        await sessions.End(AccessInterceptor.SessionOf(context), context.CancellationToken);
        return new();
    }

    public override async Task<V1.GetAccountResponse> GetAccount(V1.GetAccountRequest request, ServerCallContext context)
    {
        var (id, account) = await callers.Account(context);
        return new() { Account = AccountsWire.Account(id, account) };
    }

    public override async Task<V1.LinkWalletResponse> LinkWallet(V1.LinkWalletRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var key = Wire.Request(request, request.RequestId);
        var (id, _) = await callers.Account(context);
        // What was answered is answered again, also when the message has expired since.
        if (await requests.ReadRequest(id, key.Id, ct) is { } saved)
            return saved.BodyHash == key.BodyHash
                ? new() { Account = AccountsWire.Account(id, StateSerializer.Deserialize<AccountState>(saved.Result)) }
                : throw Requests.Reused.ToRpc();
        var message = (await Check(request.Message, request.Signature, id, ct)).OrThrow();
        (await signIns.Claim(message, id, key, ct)).OrThrow();
        var outcome = await grains.GetGrain<IAccountGrain>(id).LinkWallet(key, message.Address);
        return new() { Account = AccountsWire.Account(id, outcome.OrThrow()) };
    }

    public override async Task<V1.UnlinkWalletResponse> UnlinkWallet(V1.UnlinkWalletRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var wallet = Wire.Address(request.Address, "address");
        var (id, _) = await callers.Account(context);
        var outcome = await grains.GetGrain<IAccountGrain>(id).UnlinkWallet(key, wallet);
        return new() { Account = AccountsWire.Account(id, outcome.OrThrow()) };
    }

    private ValueTask<Outcome<SiweMessage>> Check(
        string message, Google.Protobuf.ByteString signature, string? account, CancellationToken ct) =>
        signIns.Check(message, Wire.Bytes(signature, "signature", 1, SignIns.SignatureBytesMax), account, ct);
}
