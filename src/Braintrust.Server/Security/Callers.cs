using System.Collections.Frozen;
using Braintrust.Accounts;
using Grpc.Core;

namespace Braintrust.Security;

/// <summary>Finds out who a call acts for, as the account stands now: a wallet taken away loses its rights at once.</summary>
public sealed class Callers(IGrainFactory grains)
{
    public async Task<Caller> Of(ServerCallContext context)
    {
        var session = AccessInterceptor.SessionOf(context);
        return Of(session, (await ReadAccount(session)));
    }

    /// <summary>The account behind the call.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED: the wallet that signed in left the account.</exception>
    public async Task<(string Id, AccountState State)> Account(ServerCallContext context)
    {
        var session = AccessInterceptor.SessionOf(context);
        var state = await ReadAccount(session);
        Of(session, state);
        return (session.AccountId, state);
    }

    private static Caller Of(Session session, AccountState account) => account.Wallets.Contains(session.Wallet)
        ? new Caller(session.AccountId, account.Wallets.ToFrozenSet())
        : throw Gone();

    private async Task<AccountState> ReadAccount(Session session) =>
        (await grains.GetGrain<IAccountGrain>(session.AccountId).Read()).Accepted(out var account, out _) ? account : throw Gone();

    private static RpcException Gone() =>
        new Refusal(RefusalCode.SessionEnded, "The wallet that signed in is no longer one of the account's.").ToRpc();
}
