namespace Braintrust.Storage;

/// <summary>The database cannot be reached or failed in the middle: retry later.</summary>
public sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
