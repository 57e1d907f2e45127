namespace Braintrust;

/// <summary>Something that must hold does not: the verb ends with this message and exit code 1.</summary>
public sealed class VerbFailedException(string message, Exception? inner = null) : Exception(message, inner);
