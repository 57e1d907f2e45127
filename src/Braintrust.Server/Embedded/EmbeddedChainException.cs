namespace Braintrust.Embedded;

/// <summary>The development chain cannot run here; the message says what to do about it.</summary>
public sealed class EmbeddedChainException(string message, Exception? inner = null)
    : InvalidOperationException(message, inner);
