using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Braintrust.Accounts;
using Grpc.Core;

namespace Braintrust.Security;

/// <summary>Finds out who a call acts for, as the account stands now: a wallet taken away loses its rights at once.</summary>
public sealed class Callers(IGrainFactory grains)
{
    /// <summary>Making a reference reads the attributes of its interface: a fifth of a read's work, so once a session.</summary>
    private readonly ConditionalWeakTable<Session, IAccountGrain> _accounts = [];

    public async Task<Caller> Of(ServerCallContext context)
    {
        var (id, account) = await Account(context);
        return new Caller(id, account.Wallets.ToFrozenSet());
    }

    /// <summary>The account behind the call.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED: the wallet that signed in left the account.</exception>
    public async Task<(string Id, AccountState State)> Account(ServerCallContext context)
    {
        var session = AccessInterceptor.SessionOf(context);
        var grain = _accounts.GetValue(session, opened => grains.GetGrain<IAccountGrain>(opened.AccountId));
        return (await grain.Read()).Accepted(out var account, out _) && account.Wallets.Contains(session.Wallet)
            ? (session.AccountId, account)
            : throw Gone();
    }

    private static RpcException Gone() =>
        new Refusal(RefusalCode.SessionEnded, "The wallet that signed in is no longer one of the account's.").ToRpc();
}
