using Braintrust.Chain;
using Braintrust.Storage;
using Orleans.Runtime;
using Orleans.Storage;

namespace Braintrust;

/// <summary>
/// Tells the failures of the world (node, database, another silo) from bugs. A call that timed out or lost its silo has
/// an unknown outcome, and so has a write that lost its activation: the request id makes all of them safe to repeat.
/// </summary>
public static class WorldTrouble
{
    public static bool Is(Exception exception) => exception
        is StorageUnavailableException or ChainUnavailableException or ChainProtocolException
        or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException
        or InconsistentStateException or EnumerationAbortedException or OperationCanceledException;
}
