using Google.Protobuf;

namespace Braintrust.Api.Watch.V1;

public sealed partial class WatchResponse
{
    /// <summary>
    /// The bytes of the event alone, when it was encoded before for other readers of the same value. Not part of the
    /// message: a server may send them instead of encoding <see cref="Update"/> again.
    /// </summary>
    public ByteString? EncodedEvent { get; init; }
}
