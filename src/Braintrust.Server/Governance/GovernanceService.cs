using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Grpc.Core;
using V1 = Braintrust.Api.Governance.V1;

namespace Braintrust.Governance;

public sealed class GovernanceService(
    IFollowedChains chains, TokenBook tokens, StandingContracts contracts, PageTokens pages, IGrainFactory grains)
    : V1.GovernanceService.GovernanceServiceBase
{
    public override async Task<V1.GetPolicyResponse> GetPolicy(V1.GetPolicyRequest request, ServerCallContext context)
    {
        var (chainId, number) = PolicyWire.Name(request.Name, "name");
        if (number is not null) throw Wire.Bad("name", "A name is policies/{chain id}.");
        return new() { Policy = PolicyWire.Policy((await Policy(chainId, "name").Read()).OrThrow()) };
    }

    public override async Task<V1.GetPolicyVersionResponse> GetPolicyVersion(
        V1.GetPolicyVersionRequest request, ServerCallContext context)
    {
        var (chainId, number) = PolicyWire.Name(request.Name, "name");
        if (number is null) throw Wire.Bad("name", "A name is policies/{chain id}/versions/{number}.");
        return new() { Version = PolicyWire.Version(chainId, await Version(chainId, number, "name")) };
    }

    public override async Task<V1.ListPaymentTokensResponse> ListPaymentTokens(
        V1.ListPaymentTokensRequest request, ServerCallContext context)
    {
        var (chainId, number) = PolicyWire.Name(request.Parent, "parent");
        var version = await Version(chainId, number, "parent");
        var (page, next) = Page(
            context, PolicyWire.Name(chainId, version.Number), version.Tokens, listed => listed.Token.ToString(),
            request.PageSize, request.PageToken);
        var node = chains.Find(chainId)!.Node;
        var units = await Task.WhenAll(page.Select(listed => tokens.Unit(node, listed.Token, context.CancellationToken).AsTask()));
        return new() { PaymentTokens = { page.Zip(units, PolicyWire.Token) }, NextPageToken = next };
    }

    public override async Task<V1.ListOfficialAddressesResponse> ListOfficialAddresses(
        V1.ListOfficialAddressesRequest request, ServerCallContext context)
    {
        var (chainId, number) = PolicyWire.Name(request.Parent, "parent");
        var version = await Version(chainId, number, "parent");
        var (page, next) = Page(
            context, PolicyWire.Name(chainId, version.Number), version.Officials, official => official.Kind,
            request.PageSize, request.PageToken);
        return new() { OfficialAddresses = { page.Select(PolicyWire.Official) }, NextPageToken = next };
    }

    public override async Task<V1.ListContractsResponse> ListContracts(V1.ListContractsRequest request, ServerCallContext context)
    {
        var (chainId, number) = PolicyWire.Name(request.Parent, "parent");
        if (number is not null) throw Wire.Bad("parent", "A parent is policies/{chain id}.");
        var standing = await contracts.Read(Chain(chainId, "parent"), context.CancellationToken);
        return new() { Contracts = { standing.Select(PolicyWire.Contract) } };
    }

    private FollowedChain Chain(ulong chainId, string field) => chains.Find(chainId)
        ?? throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc();

    private IPolicyGrain Policy(ulong chainId, string field) =>
        grains.GetGrain<IPolicyGrain>(unchecked((long)Chain(chainId, field).Settings.ChainId));

    private async Task<PolicyVersion> Version(ulong chainId, uint? number, string field) =>
        (await Policy(chainId, field).ReadVersion(number ?? 0)).OrThrow();

    /// <summary>A version never changes and its lists stand in order, so the last key told is where the next page begins.</summary>
    private (ImmutableArray<T> Items, string NextPageToken) Page<T>(
        ServerCallContext context, string version, ImmutableArray<T> all, Func<T, string> key, int size, string token)
    {
        if (size < 0) throw Wire.Bad("page_size", "A page size is not negative.");
        string[] query = [context.Method, version];
        var told = token.Length == 0 ? null : (string)pages.Open(query, token).OrThrow()[0];
        var after = told is null ? 0 : all.Select(key).ToImmutableArray().IndexOf(told) + 1;
        var items = all.Skip(after).Take(size == 0 ? ListingQuery.PageSizeDefault : Math.Min(size, ListingQuery.PageSizeMax))
            .ToImmutableArray();
        return (items, after + items.Length < all.Length ? pages.Seal(query, [key(items[^1])]) : "");
    }
}
