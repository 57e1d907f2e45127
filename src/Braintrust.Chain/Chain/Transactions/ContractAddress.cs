namespace Braintrust.Chain;

public static class ContractAddress
{
    /// <summary>Where the deployment with that nonce goes: last 20 bytes of keccak(rlp([sender, nonce])), yellow paper (7).</summary>
    public static Address Of(Address sender, ulong nonce) =>
        new(Hash32.Keccak(Rlp.List(Rlp.Bytes(sender.ToBytes()), Rlp.Integer(nonce))).ToBytes().AsSpan(12));
}
