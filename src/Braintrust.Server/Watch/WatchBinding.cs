using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

/// <summary>
/// Binds Watch with a marshaller that sends an update's bytes as they were encoded for all, and encodes only what
/// differs between clients: the resume token and the sequence.
/// </summary>
public static class WatchBinding
{
    private static readonly Method<V1.WatchRequest, V1.WatchResponse> Watch = new(
        MethodType.ServerStreaming, V1.WatchService.Descriptor.FullName, V1.WatchService.Descriptor.Methods[0].Name,
        Marshallers.Create(Write, context => V1.WatchRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        Marshallers.Create(Write, context => V1.WatchResponse.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    /// <summary>Found by its name, as the generated one would be.</summary>
    public static Google.Protobuf.Reflection.ServiceDescriptor Descriptor => V1.WatchService.Descriptor;

    /// <summary>Found by its name, as the generated one would be.</summary>
    public static void BindService(ServiceBinderBase binder, V1.WatchService.WatchServiceBase service) => binder.AddMethod(
        Watch, service is null ? null! : new ServerStreamingServerMethod<V1.WatchRequest, V1.WatchResponse>(service.Watch));

    private static void Write(IMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private static void Write(V1.WatchResponse message, SerializationContext context)
    {
        if (message.EncodedEvent is not { } encoded)
        {
            Write((IMessage)message, context);
            return;
        }

        // Fields of a message may come in any order and in pieces: the event, then the rest, is the same message.
        var rest = new V1.WatchResponse { ResumeToken = message.ResumeToken, Sequence = message.Sequence };
        context.SetPayloadLength(encoded.Length + rest.CalculateSize());
        var writer = context.GetBufferWriter();
        encoded.Span.CopyTo(writer.GetSpan(encoded.Length));
        writer.Advance(encoded.Length);
        rest.WriteTo(writer);
        context.Complete();
    }
}
