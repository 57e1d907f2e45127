namespace Braintrust;

/// <summary>The server cannot start as things are; the message says what to do about it.</summary>
public sealed class StartException(string message) : Exception(message);
