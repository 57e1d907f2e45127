using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Accounts;

[GrainType("account"), Reentrant]
public sealed class AccountGrain : Grain, IAccountGrain
{
    public const string StateName = "account/state";

    private static readonly StateKind<AccountState> Kind =
        new(StateName, new AccountState(), AccountRules.Rows, AccountRules.AddressTaken);

    private readonly TimeProvider _clock;
    private readonly Watchers<AccountState> _watchers;
    private readonly Committed<AccountState> _account;

    public AccountGrain(ICommitStore store, SiloWatchers silo, TimeProvider clock, ILogger<AccountGrain> logger)
    {
        _clock = clock;
        _watchers = silo.Of<AccountState>(GrainContext);
        _account = new Committed<AccountState>(Kind, Id, store, clock, logger, _watchers.Publish, Fail);
    }

    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken ct) => _account.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public Task<Outcome<AccountState>> Open(Address wallet)
    {
        var now = _clock.GetUtcNow();
        return _account.Run(account => AccountRules.Open(account, wallet, now));
    }

    public Task<Outcome<AccountState>> LinkWallet(RequestKey request, Address wallet) =>
        _account.Run(Id, request, account => AccountRules.Link(account, wallet), account => account);

    public Task<Outcome<AccountState>> UnlinkWallet(RequestKey request, Address wallet) =>
        _account.Run(Id, request, account => AccountRules.Unlink(account, wallet), account => account);

    public async Task<Outcome<AccountState>> Read()
    {
        // Who found this account by its wallet's row may be faster than the write that is just opening it.
        if (_account.State.Version == 0) await _account.Written;
        return _account.State.Version == 0 ? AccountRules.NoAccount : _account.State;
    }

    public async IAsyncEnumerable<AccountState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var account in _watchers.Watch(() => _account.State, ct)) yield return account;
    }

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }
}
