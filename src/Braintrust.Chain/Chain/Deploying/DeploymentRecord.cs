using System.Collections.Immutable;
using System.Reflection;
using System.Text;

namespace Braintrust.Chain;

/// <summary>Writes down what the chain says of a finished deployment.</summary>
internal sealed class DeploymentRecord(
    IEvmChain chain, DeploymentPlan plan, DeploymentSteps steps, ImmutableArray<TxReceipt> receipts, ulong firstNonce)
{
    private static readonly Hash32 DomainType = Keccak("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    private static string Tool
    {
        get
        {
            var assembly = typeof(DeploymentRecord).Assembly;
            return "braintrust " + (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");
        }
    }

    public async Task<DeploymentFile> Make(CancellationToken ct)
    {
        var contracts = ImmutableArray.CreateBuilder<DeployedCode>();
        if (plan.Token.Existing is { } token) contracts.Add(await Standing(token, ct));
        foreach (var (step, receipt) in steps.All.Zip(receipts))
            if (step.Kind is { } kind) contracts.Add(await Created(kind, step, receipt, ct));
        var transactions = steps.All.Zip(receipts, (step, receipt) => (step, receipt)).Select((sent, i) => new DeployedStep(
            sent.step.Name, firstNonce + (ulong)i, sent.receipt.TxHash, sent.receipt.BlockNo, sent.receipt.BlockHash, sent.receipt.GasUsed));
        return new DeploymentFile(1, Tool, plan.ChainId, receipts[0].From, 1, contracts.ToImmutable(), [.. transactions], plan);
    }

    private async Task<DeployedCode> Standing(Address token, CancellationToken ct)
    {
        var code = await chain.GetCode(token, BlockId.Latest, ct);
        return new DeployedCode(
            DeploymentKinds.Token, token, receipts[0].BlockNo, receipts[0].BlockHash, null, "0x", null, null, [], Hash32.Keccak(code.Span));
    }

    private async Task<DeployedCode> Created(string kind, DeploymentStep step, TxReceipt receipt, CancellationToken ct)
    {
        var code = await chain.GetCode(steps.Of(kind), BlockId.Latest, ct);
        var template = CodeTemplate.Match(step.Creation, code.Span)
            ?? throw new DeploymentException($"The code of {kind} at {steps.Of(kind)} is not what its creation code makes.");
        var explained = Explained(kind, step);
        if (template.Immutables.FirstOrDefault(immutable => !explained.Contains(immutable.Value)) is { } strange)
            throw new DeploymentException($"{kind} holds {strange.Value} at byte {strange.Offset}, which neither its arguments nor its name explain.");
        return new DeployedCode(
            kind, steps.Of(kind), receipt.BlockNo, receipt.BlockHash, receipt.TxHash, Hex.Of(step.Arguments), Hash32.Keccak(step.Creation),
            template.TemplateHash, template.Immutables, Hash32.Keccak(code.Span));
    }

    /// <summary>Every word that may stand in the code: its arguments, and what OpenZeppelin's EIP712 keeps of a domain.</summary>
    private HashSet<Hash32> Explained(string kind, DeploymentStep step)
    {
        var words = new HashSet<Hash32>(step.Arguments.ToArray().Chunk(Hash32.Length).Select(word => new Hash32(word)));
        if (DeploymentKinds.Domain(kind) is not { } name) return words;
        var (self, id) = (DeploymentSteps.Word(steps.Of(kind)), DeploymentSteps.Word(plan.ChainId));
        var domain = Hash32.Keccak(
            [.. DomainType.ToBytes(), .. Keccak(name).ToBytes(), .. Keccak("1").ToBytes(), .. id.ToBytes(), .. self.ToBytes()]);
        words.UnionWith([self, id, domain, Keccak(name), Keccak("1"), Short(name), Short("1")]);
        return words;
    }

    private static Hash32 Keccak(string text) => Hash32.Keccak(Encoding.ASCII.GetBytes(text));

    /// <summary>OpenZeppelin's ShortString: the text, and its length in the last byte.</summary>
    private static Hash32 Short(string text)
    {
        var word = ShortText.Word(text).ToBytes();
        word[^1] = (byte)text.Length;
        return new Hash32(word);
    }
}
