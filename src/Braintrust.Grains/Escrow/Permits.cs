using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>
/// Allowances by signature (ERC-2612), for tokens that have them: <c>withPermit</c> spares the approval's transaction. A token
/// is believed to have them when the EIP-712 domain that is to be signed hashes to what the token says.
/// </summary>
public sealed class Permits(ISignatureRecovery recovery)
{
    /// <summary>Seconds for which a prepared permit is good.</summary>
    public const ulong DeadlineSeconds = 3_600;

    private const string Type = "Permit";

    /// <summary>Tokens in use say "1" (EIP-2612's own example, OpenZeppelin) or "2" (USDC).</summary>
    private static readonly string[] Versions = ["1", "2"];

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> Types = new()
    {
        [Type] = TypedData.Fields("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"),
    };

    /// <summary>What the owner would sign, or null when the token has no such allowances.</summary>
    /// <exception cref="ChainUnavailableException">The node is away.</exception>
    public async Task<TypedData?> Prepare(
        IEvmChain node, Address token, Address owner, Address spender, Amount value, ulong deadline, CancellationToken ct)
    {
        try
        {
            var separator = await BraintrustTokenContract.DomainSeparator.Call(node, token, BlockId.Latest, ct);
            var name = await BraintrustTokenContract.Name.Call(node, token, BlockId.Latest, ct);
            var nonce = await BraintrustTokenContract.Nonces.Call(node, token, owner, BlockId.Latest, ct);
            return Versions.Select(version => new TypedData(
                Types, Type, TypedData.ContractDomain(name, version, node.ChainId, token),
                new Dictionary<string, object>
                {
                    ["owner"] = owner, ["spender"] = spender, ["value"] = (BigInteger)value.Units, ["nonce"] = nonce,
                    ["deadline"] = (BigInteger)deadline,
                })).FirstOrDefault(typed => typed.DomainSeparator == separator);
        }
        catch (Exception odd) when (odd is EvmRevertException or ChainProtocolException { InnerException: AbiFormatException })
        {
            return null;
        }
    }

    /// <summary>The call behind the permit, or why the permit would not do.</summary>
    public async Task<Outcome<byte[]>> Wrap(
        IEvmChain node, MovePlan plan, Address owner, PermitWord permit, byte[] call, ChainClock now, CancellationToken ct)
    {
        var token = plan.Terms.Token;
        if (permit.Deadline < now.Head.Seconds)
            return new Refusal(RefusalCode.TooLate, $"The permit was good until {new BlockTime(permit.Deadline)}.", "permit.deadline_seconds");
        if (permit.Value < plan.Price)
            return new Refusal(RefusalCode.InvalidArgument, $"The move takes {plan.Price} base units.", "permit.value");
        if (await Prepare(node, token, owner, plan.Contract, permit.Value, permit.Deadline, ct) is not { } typed)
            return new Refusal(RefusalCode.InvalidArgument, "The token has no permits.", "permit");
        if (permit.Signature.Length != 65 || recovery.Recover(typed.Digest, permit.Signature) != owner)
            return new Refusal(RefusalCode.SignatureInvalid, "The wallet did not sign this permit.", "permit.signature");
        var (r, s) = (new Hash32(permit.Signature.AsSpan(0, 32)), new Hash32(permit.Signature.AsSpan(32, 32)));
        var v = permit.Signature[64] < 27 ? (byte)(permit.Signature[64] + 27) : permit.Signature[64];
        return WorkAgreementsContract.WithPermit.Encode(token, permit.Value.Units, permit.Deadline, v, r, s, call);
    }
}
