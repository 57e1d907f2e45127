using System.Text.Json;
using Braintrust.Chain;
using Braintrust.Testing;

namespace Braintrust.Escrow;

/// <summary>
/// A wallet that is a contract (ERC-1271): the harness' probe, which takes the digest itself for its signature. It has no key, so
/// only its contract can say that it signed.
/// </summary>
internal sealed class ContractWallet(Address address) : IEvmSigner
{
    public Address Address => address;

    public ValueTask<byte[]> Sign(Hash32 digest, CancellationToken ct) => new(digest.ToBytes());

    public static async Task<IEvmSigner> Deploy(IEvmChain chain)
    {
        var path = RepositoryRoot.File("contracts", "test", "harness", "Probe.json");
        using var artifact = JsonDocument.Parse(await File.ReadAllTextAsync(path));
        var code = Convert.FromHexString(artifact.RootElement.GetProperty("bytecode").GetString().AsSpan(2));
        var (from, fees) = (DevelopmentKeys.Signer(8), await chain.GetFees(default));
        var signed = await new Eip1559Transaction(
            chain.ChainId, await chain.GetNonce(from.Address, BlockId.Pending, default), fees.MaxPriorityFeePerGas, fees.MaxFeePerGas,
            4_000_000, null, 0, code).Sign(from, default);
        await chain.SendRaw(signed.Raw, default);
        var receipt = await Eventually.Holds(
            async () => await chain.GetReceipt(signed.Hash, default), told => told is not null, TimeSpan.FromSeconds(60), "the wallet's block");
        return new ContractWallet(receipt!.Created!.Value);
    }
}
