using System.Numerics;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Grpc.Core;
using ChainV1 = Braintrust.Api.Chain.V1;

namespace Braintrust;

public sealed class ChainApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private static ulong _nonce;

    private readonly ApiServer _server = fixture.Server;
    private Person _alice = null!;

    public async Task InitializeAsync() => _alice = await _server.SignIn(DevelopmentKeys.Signer(0));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Anybody_may_ask_how_far_the_chain_was_followed()
    {
        var head = _server.Source.Chain.Mine();

        ChainV1.Chain? chain = null;
        await Eventually.Does(async () =>
        {
            chain = Assert.Single((await _server.Chain.ListChainsAsync(new())).Chains);
            Assert.True(chain.HeadNumber >= head.Number);
        });

        Assert.Equal("chains/31337", chain!.Name);
        Assert.Equal((ulong)ScriptedSource.ConfirmationsMin, chain.ConfirmationsNeeded);
        Assert.Equal(ScriptedSource.FeeBps, chain.FeeBps);
        Assert.Equal(WorkStory.PolicyVersion, chain.PolicyVersion);
        Assert.Equal(["Policy", "WorkAgreements"], chain.Contracts.Select(contract => contract.Kind).Order());
        Assert.Contains(ScriptedSource.Contract.ToString(), chain.Contracts.Select(contract => contract.Address));
        Assert.Empty(chain.Halted);
        Assert.Equal(chain.Name, (await _server.Chain.GetChainAsync(new() { Name = chain.Name })).Chain.Name);
    }

    [Theory]
    [InlineData("", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/0x7a69", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/031337", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/-1", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/99999999999999999999", StatusCode.InvalidArgument, ErrorReason.InvalidArgument)]
    [InlineData("chains/1", StatusCode.NotFound, ErrorReason.NotFound)]
    public Task A_chain_that_is_not_followed_is_refused(string name, StatusCode status, ErrorReason reason) =>
        Rpc.Refused(_server.Chain.GetChainAsync(new() { Name = name }), status, reason, "name");

    [Fact]
    public async Task A_transaction_is_submitted_once_and_followed_until_it_is_final()
    {
        var (request, hash) = await Transaction(_alice.Signer);

        var submitted = (await _server.Chain.SubmitTransactionAsync(request, _alice.Headers)).Operation;
        Assert.Equal($"operations/31337-{hash}", submitted.Name);
        Assert.Equal(_alice.Address.ToString(), submitted.Sender);
        Assert.Equal(ChainV1.OperationStatus.Submitted, submitted.Status);
        Assert.Equal(submitted.Name, (await _server.Chain.SubmitTransactionAsync(request, _alice.Headers)).Operation.Name);
        Assert.Single(_server.Source.Chain.Pool, pooled => pooled.Hash == hash);

        using var stream = StreamReader.Open(_server, _alice, [submitted.Name]);
        await stream.Snapshot();
        _server.Source.Chain.Mine();
        var included = await stream.UntilUpdate(update => update.Operation.Status == ChainV1.OperationStatus.Included);
        Assert.Equal(_server.Source.Chain.Head.Hash.ToString(), included.Update.Operation.BlockHash);
        for (var i = 1; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
        var done = await stream.UntilUpdate(update => update.Operation.Done);
        Assert.Equal(ChainV1.OperationStatus.Confirmed, done.Update.Operation.Status);
    }

    [Fact]
    public async Task A_transaction_of_somebody_else_or_for_elsewhere_is_refused_and_not_sent()
    {
        var bob = await _server.SignIn(DevelopmentKeys.Signer(1));
        var (request, hash) = await Transaction(_alice.Signer);
        await Rpc.Refused(
            _server.Chain.SubmitTransactionAsync(request, bob.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            _server.Chain.GetOperationAsync(new() { Name = $"operations/31337-{hash}" }, _alice.Headers), StatusCode.NotFound, ErrorReason.NotFound);

        var (elsewhere, _) = await Transaction(_alice.Signer, chainId: 31338);
        await Rpc.Refused(
            _server.Chain.SubmitTransactionAsync(elsewhere, _alice.Headers), StatusCode.InvalidArgument, ErrorReason.ChainMismatch);
        Assert.DoesNotContain(_server.Source.Chain.Pool, pooled => pooled.Hash == hash);
    }

    [Fact]
    public async Task Only_who_follows_an_operation_sees_it()
    {
        var bob = await _server.SignIn(DevelopmentKeys.Signer(1));
        var (request, _) = await Transaction(_alice.Signer);
        var operation = (await _server.Chain.SubmitTransactionAsync(request, _alice.Headers)).Operation;

        await Rpc.Refused(
            _server.Chain.GetOperationAsync(new() { Name = operation.Name }, bob.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            () => StreamReader.Open(_server, bob, [operation.Name]).Next(),
            StatusCode.PermissionDenied, ErrorReason.NotAParty, "subjects[0]");
    }

    [Fact]
    public async Task A_transaction_that_the_wallet_sent_is_followed()
    {
        var (request, hash) = await Transaction(_alice.Signer);
        await _server.Source.Chain.SendRaw(request.RawTransaction.Memory, CancellationToken.None);

        var operation = (await _server.Chain.FollowTransactionAsync(Follow(hash, _alice.Address), _alice.Headers)).Operation;

        Assert.Equal($"operations/31337-{hash}", operation.Name);
    }

    [Fact]
    public async Task Following_with_bad_fields_is_refused()
    {
        await Rpc.Refused(
            _server.Chain.FollowTransactionAsync(Follow(Hash32.Keccak([1]), DevelopmentKeys.Address(1)), _alice.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        var bad = Follow(Hash32.Keccak([2]), _alice.Address);
        bad.TransactionHash = "0x12";
        await Rpc.Refused(
            _server.Chain.FollowTransactionAsync(bad, _alice.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "transaction_hash");
        bad = Follow(Hash32.Keccak([2]), _alice.Address);
        bad.Sender = "";
        await Rpc.Refused(
            _server.Chain.FollowTransactionAsync(bad, _alice.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "sender");
    }

    [Theory]
    [InlineData(new byte[0], ErrorReason.InvalidArgument)]
    [InlineData(new byte[] { 2 }, ErrorReason.SignatureInvalid)]
    [InlineData(new byte[] { 0xC0 }, ErrorReason.SignatureInvalid)]
    public Task Bytes_that_are_no_transaction_are_refused(byte[] raw, ErrorReason reason) => Rpc.Refused(
        _server.Chain.SubmitTransactionAsync(
            new() { RequestId = Guid.NewGuid().ToString(), ChainId = ScriptedSource.ChainId, RawTransaction = ByteString.CopyFrom(raw) },
            _alice.Headers),
        StatusCode.InvalidArgument, reason, "raw_transaction");

    private static ChainV1.FollowTransactionRequest Follow(Hash32 hash, Address sender) => new()
    {
        RequestId = Guid.NewGuid().ToString(), ChainId = ScriptedSource.ChainId, TransactionHash = hash.ToString(),
        Sender = sender.ToString(), Nonce = 1_000_000,
    };

    private static async Task<(ChainV1.SubmitTransactionRequest, Hash32)> Transaction(LocalSigner signer, ulong chainId = ScriptedSource.ChainId)
    {
        var unsigned = new Eip1559Transaction(
            chainId, Interlocked.Increment(ref _nonce) - 1, BigInteger.One, new BigInteger(10), 21_000, ScriptedSource.Token, 0, Array.Empty<byte>());
        var key = chainId == DevelopmentKeys.ChainId ? signer : new LocalSigner(Hash32.Keccak([7]).ToBytes(), chainId);
        var signed = await unsigned.Sign(key, CancellationToken.None);
        return (new()
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = ScriptedSource.ChainId,
            RawTransaction = ByteString.CopyFrom(signed.Raw.Span),
        }, signed.Hash);
    }
}
