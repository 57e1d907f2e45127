namespace Braintrust.Chain;

/// <summary>Bytes are not the ABI encoding of the expected type.</summary>
public sealed class AbiFormatException(string message) : Exception(message);
