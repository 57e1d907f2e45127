namespace Braintrust.Chain;

/// <summary>Finds signers in managed code.</summary>
public sealed class SignatureRecovery : ISignatureRecovery
{
    public static SignatureRecovery Instance { get; } = new();

    public Address? Recover(Hash32 digest, ReadOnlySpan<byte> signature) =>
        signature.Length == Secp256k1.SignatureBytes && signature[64] is 0 or 1 or 27 or 28
            ? Secp256k1.Recover(digest, signature, odd: signature[64] is 1 or 28)
            : null;
}
