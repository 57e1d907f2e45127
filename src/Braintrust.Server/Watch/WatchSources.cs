using System.Runtime.CompilerServices;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Documents;
using Braintrust.Escrow;
using Braintrust.Governance;
using Braintrust.Jobs;
using Braintrust.Reputation;
using Braintrust.Talent;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

/// <summary>Finds the source behind a subject's name, if the caller may see it.</summary>
public sealed partial class WatchSources(
    IGrainFactory grains, IFollowedChains chains, IChainProgress progress, ChainViews views, Reviewers reviewers,
    SubjectGates gates, ReputationViews reputations, TimeProvider clock)
{
    public const string OwnAccount = "accounts/me";

    /// <exception cref="Grpc.Core.RpcException">No such subject, or not for this caller.</exception>
    public async Task<WatchSource> Find(string subject, string field, Caller caller)
    {
        if (subject == OwnAccount) return Account(caller.AccountId);
        if (subject.StartsWith("agreements/", StringComparison.Ordinal)) return await Agreement(subject, field, caller);
        if (subject.StartsWith("operations/", StringComparison.Ordinal)) return await Operation(subject, field, caller);
        if (subject.StartsWith("chains/", StringComparison.Ordinal)) return Chain(subject, field);
        if (subject.StartsWith("jobs/", StringComparison.Ordinal)) return await Job(subject, field, caller);
        if (subject.StartsWith("negotiations/", StringComparison.Ordinal)) return await Negotiation(subject, field, caller);
        if (subject.StartsWith("organisations/", StringComparison.Ordinal)) return await Organisation(subject, field, caller);
        if (subject.StartsWith("talents/", StringComparison.Ordinal)) return await Profile(subject, field, caller);
        if (subject.StartsWith("threads/", StringComparison.Ordinal)) return await Thread(subject, field, caller);
        if (subject.StartsWith("policies/", StringComparison.Ordinal)) return await Policy(subject, field);
        if (subject.StartsWith("disputes/", StringComparison.Ordinal)) return await Dispute(subject, field, caller);
        if (subject.StartsWith("arbiters/", StringComparison.Ordinal)) return Arbiter(subject, field);
        if (subject.StartsWith("reputations/", StringComparison.Ordinal)) return Reputation(subject, field);
        throw Wire.Bad(
            field,
            "Watch accounts/me, agreements/..., operations/..., chains/..., policies/..., organisations/..., talents/..., jobs/..., "
            + "negotiations/..., threads/..., disputes/..., arbiters/... or reputations/....");
    }

    public WatchSource Account(string accountId) => new("accounts/" + accountId, default, ct => Map(
        grains.GetGrain<IAccountGrain>(accountId).Watch(ct),
        state => new Published(
            new V1.Update { Subject = OwnAccount, Account = AccountsWire.Account(accountId, state) },
            new ViewVersion(state.Version, 0), [])));

    private async Task<WatchSource> Agreement(string subject, string field, Caller caller)
    {
        var (chain, negotiation) = Wire.ChainName(subject, EscrowWire.Collection, field);
        Followed(chain, field);
        var grain = grains.GetGrain<IEscrowGrain>(Wire.Key(chain, negotiation));
        var seen = Visible(await grain.Read(caller), field);
        return new WatchSource(subject, seen.Version, ct => Map(grain.Watch(ct), view => new Published(
            new V1.Update { Subject = subject, Agreement = EscrowWire.Agreement(view) }, view.Version, view.Retractions)))
        {
            Guard = seen.Context?.Organisation is { } organisation && await IsMember(organisation, caller)
                ? Membership(organisation, caller)
                : null,
        };
    }

    private async Task<WatchSource> Profile(string subject, string field, Caller caller)
    {
        var id = TalentWire.Id(subject, field);
        var grain = grains.GetGrain<ITalentGrain>(id);
        var seen = Visible(await grain.Read(caller.AccountId), field);
        // Told without wallets: whether they are still the account's is another grain's truth.
        var source = new WatchSource(subject, new ViewVersion(seen.Version, 0), ct => Map(grain.Watch(ct), profile => new Published(
            new V1.Update { Subject = subject, TalentProfile = TalentWire.Profile(id, profile with { Wallets = [] }) },
            new ViewVersion(profile.Version, 0), [])));
        return caller.AccountId == id ? source : source with { Guard = new WatchGuard(source, value => !value.IsPrivate) };
    }

    private async Task<WatchSource> Thread(string subject, string field, Caller caller)
    {
        var about = DocumentsWire.Subject(subject, field);
        var rights = await gates.Enter(caller, about, field);
        var grain = grains.GetGrain<IThreadGrain>(about);
        var seen = await grain.Read();
        return new WatchSource(subject, new ViewVersion(seen.Count, 0), ct => Map(grain.Watch(ct), thread => new Published(
            new V1.Update { Subject = subject, Thread = DocumentsWire.Thread(about, thread) }, new ViewVersion(thread.Count, 0), [])))
        {
            Guard = rights.Organisation is { } organisation ? Membership(organisation, caller, rights.Hires)
                : rights.Case is { } heard ? Panel(heard, field)
                : null,
        };
    }

    private async Task<WatchSource> Organisation(string subject, string field, Caller caller)
    {
        var id = OrganisationsWire.Id(subject, field);
        Visible(await grains.GetGrain<IOrganisationGrain>(id).Read(), field);
        if (!await IsMember(id, caller))
            throw new Refusal(RefusalCode.RoleRequired, "Only members watch an organisation.", field).ToRpc();
        var guard = Membership(id, caller);
        return guard.Source with { Guard = guard };
    }

    private async Task<bool> IsMember(string organisation, Caller caller) =>
        await grains.GetGrain<IOrganisationGrain>(organisation).RoleOf(caller.AccountId) != OrganisationRoles.None;

    /// <param name="hires">Whether the right rests on a role that hires, not on the membership alone.</param>
    private WatchGuard Membership(string organisation, Caller caller, bool hires = false)
    {
        var subject = $"{OrganisationsWire.Collection}/{organisation}";
        var source = new WatchSource(subject, default, ct => Map(
            grains.GetGrain<IOrganisationGrain>(organisation).Watch(ct),
            state => new Published(
                new V1.Update { Subject = subject, Organisation = OrganisationsWire.Organisation(organisation, state, clock.GetUtcNow()) },
                new ViewVersion(state.Version, 0), [])));
        return new WatchGuard(source, value => value.HasMember(caller.AccountId, hires));
    }

    private async Task<WatchSource> Operation(string subject, string field, Caller caller)
    {
        var (chain, hash) = Wire.ChainName(subject, "operations", field);
        Followed(chain, field);
        var grain = grains.GetGrain<IOperationGrain>(Wire.Key(chain, hash));
        var seen = Visible(await grain.Read(caller), field);
        return new WatchSource(subject, new ViewVersion(seen.Version, 0), ct => Map(grain.Watch(ct), state => new Published(
            new V1.Update { Subject = subject, Operation = ChainWire.Operation(state) }, new ViewVersion(state.Version, 0), [])));
    }

    private async Task<WatchSource> Policy(string subject, string field)
    {
        var (chain, number) = PolicyWire.Name(subject, field);
        if (number is not null) throw Wire.Bad(field, "A version never changes: watch policies/{chain id}.");
        Followed(chain, field);
        var grain = grains.GetGrain<IPolicyGrain>(unchecked((long)chain));
        var seen = Visible(await grain.Read(), field);
        return new WatchSource(subject, seen.Version, ct => Map(grain.Watch(ct), view => new Published(
            new V1.Update { Subject = subject, Policy = PolicyWire.Policy(view) }, view.Version, view.Retractions)));
    }

    private WatchSource Chain(string subject, string field)
    {
        var chain = Followed(Wire.ChainNumber(subject, field), field);
        return new WatchSource(subject, default, ct => Chain(subject, chain, ct));
    }

    private async IAsyncEnumerable<Published> Chain(
        string subject, FollowedChain chain, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var cursor in progress.Watch(chain.Settings.ChainId, ct).WithCancellation(ct))
        {
            var update = new V1.Update { Subject = subject, Chain = await views.Read(chain, cursor, ct) };
            yield return new Published(update, new ViewVersion((long)cursor.HeadNo, cursor.Pos), []);
        }
    }

    private WatchSource Reputation(string subject, string field)
    {
        var (chainId, address) = ReputationWire.Parse(subject, field);
        Followed(chainId, field);
        return new WatchSource(subject, default, ct => Map(reputations.Watch(chainId, address, ct), told => new Published(
            new V1.Update { Subject = subject, Reputation = told.Reputation }, new ViewVersion(0, told.CountedPos), [])));
    }

    private FollowedChain Followed(ulong chainId, string field) =>
        chains.Find(chainId)
        ?? throw new Refusal(RefusalCode.NotFound, $"This server does not follow chain {chainId}.", field).ToRpc();

    private static T Visible<T>(Outcome<T> outcome, string field) where T : notnull =>
        outcome.Accepted(out var value, out var refusal) ? value : throw (refusal with { Field = field }).ToRpc();

    private static async IAsyncEnumerable<Published> Map<T>(IAsyncEnumerable<T> source, Func<T, Published> map)
    {
        await foreach (var value in source) yield return map(value);
    }
}
