namespace Braintrust;

/// <summary>A response's body that lets answers and streams through and keeps what is written with an error's status.</summary>
internal sealed class HeldErrorStream(HttpResponse response, Stream body) : Stream
{
    /// <summary>What was written with an error's status.</summary>
    public MemoryStream Held { get; } = new();

    private Stream Target =>
        response.StatusCode >= StatusCodes.Status400BadRequest && !response.HasStarted ? Held : body;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => Target.Write(buffer, offset, count);
    public override void Flush() => Target.Flush();
    public override Task FlushAsync(CancellationToken cancellationToken) => Target.FlushAsync(cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Target.WriteAsync(buffer, cancellationToken);
}
