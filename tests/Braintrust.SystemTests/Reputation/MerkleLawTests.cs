using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>Trees built here are proven there: the contract and the domain agree about every place and every lie.</summary>
public sealed class MerkleLawTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Trees = 24;
    private const int PlacesEach = 6;

    private static readonly LocalSigner Anchor = DevelopmentKeys.Signer(0);

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private AnvilServer? _anvil;
    private JsonRpcChain? _chain;
    private Address _contract;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _anvil = await AnvilServer.Start();
        _chain = _anvil.Connect();
        var deployed = await DevelopmentContracts.Deploy(_chain, 1_500, _ct);
        var escrow = deployed.Contracts.Single(contract => contract.Kind == DeploymentKinds.Escrow).Address;
        _contract = (await Send(null, Law.DeployData(escrow, Anchor.Address))).Created!.Value;
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_anvil is not null) await _anvil.DisposeAsync();
    }

    [Fact]
    public async Task The_contract_and_the_domain_agree_on_every_place()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (head, compared) = (default(Hash32), 0);
        for (var batch = 1; batch <= Trees; batch++)
        {
            var count = batch <= 9 ? batch : random.Next(10, SealedBatch.SealsMax + 1);
            var seals = Enumerable.Range(0, count).Select(_ => Word(random)).ToImmutableArray();
            var root = MerkleLog.Root(seals.AsSpan());
            await Send(_contract, Law.Anchor.Encode(head, root, (uint)count));
            head = await Law.Head.Call(Chain, _contract, BlockId.Latest, _ct);
            for (var i = 0; i < PlacesEach; i++) compared += await Compare(random, batch, root, seals);
        }

        Assert.Equal(Trees * PlacesEach * 4, compared);
    }

    /// <summary>The right place, another place, a changed proof and another entry.</summary>
    private async Task<int> Compare(Random random, int batch, Hash32 root, ImmutableArray<Hash32> seals)
    {
        var index = random.Next(seals.Length);
        var proof = MerkleLog.Proof(seals.AsSpan(), index);
        (int Index, Hash32 Seal, ImmutableArray<Hash32> Proof)[] cases =
        [
            (index, seals[index], proof), (random.Next(seals.Length + 1), seals[index], proof),
            (index, seals[index], proof.IsEmpty ? [root] : proof.SetItem(random.Next(proof.Length), Word(random))),
            (index, Word(random), proof),
        ];
        foreach (var (at, seal, path) in cases)
        {
            var says = MerkleLog.Includes(root, seals.Length, at, seal, path);
            Assert.Equal(says, await Law.VerifyReview.Call(Chain, _contract, batch, at, seal, path, BlockId.Latest, _ct));
        }

        Assert.True(MerkleLog.Includes(root, seals.Length, index, seals[index], proof));
        return cases.Length;
    }

    [Fact]
    public async Task A_seal_computed_here_is_the_one_that_the_contract_hashes()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 20; i++)
        {
            var review = Any(random);
            var ratings = review.Ratings;
            var law = new Law.Review(
                review.Escrow, review.Negotiation, review.Agreement, review.Milestone, review.Reviewer, ratings.Overall, ratings.Quality,
                ratings.Communication, ratings.Punctuality, ratings.Fairness, ratings.Again,
                [.. review.Skills.Select(skill => new Law.Skills(skill.Skill, skill.Rating))], review.Text, review.Salt);
            Assert.Equal(
                await Law.HashReview.Call(Chain, _contract, law, BlockId.Latest, _ct),
                ReviewTypedData.Of(review, Chain.ChainId, _contract).Digest);
        }
    }

    private static Review Any(Random random) => new()
    {
        Escrow = DevelopmentKeys.Address(random.Next(10)),
        Negotiation = Word(random),
        Agreement = Word(random),
        Milestone = random.Next(32),
        Reviewer = DevelopmentKeys.Address(random.Next(10)),
        Ratings = new Ratings(Rating(random), Rating(random), Rating(random), Rating(random), Rating(random), Rating(random)),
        Skills = [.. Enumerable.Range(0, random.Next(11)).Select(i => new SkillRating($"größe {i}", Rating(random)))],
        Text = Word(random),
        Salt = Word(random),
    };

    private static byte Rating(Random random) => (byte)random.Next(1, 6);

    private static Hash32 Word(Random random)
    {
        var bytes = new byte[Hash32.Length];
        random.NextBytes(bytes);
        return new Hash32(bytes);
    }

    private async Task<TxReceipt> Send(Address? to, byte[] data)
    {
        var nonce = await Chain.GetNonce(Anchor.Address, BlockId.Latest, _ct);
        var fees = await Chain.GetFees(_ct);
        var gas = await Chain.EstimateGas(new CallRequest(Anchor.Address, to, data), _ct);
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, gas * 2, to, BigInteger.Zero, data).Sign(Anchor, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        return await Testing.Eventually.Holds(
            async () => await Chain.GetReceipt(signed.Hash, _ct), receipt => receipt is { Succeeded: true }, TimeSpan.FromSeconds(60),
            "a receipt") ?? throw new InvalidOperationException("no receipt");
    }
}
