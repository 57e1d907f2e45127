using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust;

/// <summary>The server cannot start as things are; the message says what to do about it.</summary>
public class StartException(string message) : Exception(message);

/// <summary>What stands on a chain is not what its deployment file says.</summary>
public sealed class DeploymentDiffersException(ulong chainId, ImmutableArray<DeploymentDifference> differences)
    : StartException($"Chain {chainId} is not what its deployment file says:\n" + string.Join('\n', differences))
{
    public ImmutableArray<DeploymentDifference> Differences { get; } = differences;
}
