using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>
/// JSON-RPC 2.0 over HTTP: one question a request, keep-alive connections, bounded time and size. Trouble on the way is
/// <see cref="ChainUnavailableException"/>, an answer that is no JSON-RPC is <see cref="ChainProtocolException"/>, an error
/// the node reports is <see cref="RpcErrorException"/>.
/// </summary>
internal sealed class JsonRpcTransport : IDisposable
{
    /// <summary>What a node that asks to be left alone is believed at most.</summary>
    private static readonly TimeSpan RestMax = TimeSpan.FromMinutes(2);

    private readonly JsonRpcChainOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private long _lastId;
    private int _losses;
    private long _restsUntilMs;

    public JsonRpcTransport(JsonRpcChainOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        // The handler itself sets TCP_NODELAY. No redirects: a node must not send us elsewhere.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            MaxConnectionsPerServer = options.ConnectionsMax,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>How often the way to the node was lost.</summary>
    public int Losses => Volatile.Read(ref _losses);

    private string Node => _options.HttpUrl.Authority;

    /// <summary>Asks and reads the result, which may be JSON null.</summary>
    public ValueTask<T> Ask<T>(
        string method, Action<Utf8JsonWriter>? parameters, Func<JsonElement, T> read, CancellationToken ct) =>
        Exchange(method, [parameters], _options.RequestTimeoutMs, async (body, id, token) =>
        {
            using var json = JsonDocument.Parse(await ReadAll(body, method, token));
            try
            {
                return read(Result(json.RootElement, method, id));
            }
            catch (InvalidOperationException wrong)
            {
                throw new ChainProtocolException($"{Node} answered {method} with JSON of another shape.", wrong);
            }
        }, ct);

    /// <summary>Asks one method several times in one request (JSON-RPC 2.0, section 6); answers in the order asked.</summary>
    /// <exception cref="RpcErrorException">The node refuses the batch, or one question of it.</exception>
    public ValueTask<T[]> AskAll<T>(
        string method, IReadOnlyList<Action<Utf8JsonWriter>> parameters, Func<JsonElement, T> read, CancellationToken ct) =>
        Exchange(method, parameters, _options.RequestTimeoutMs, async (body, firstId, token) =>
        {
            using var json = JsonDocument.Parse(await ReadAll(body, method, token));
            var answers = new T[parameters.Count];
            var answered = new bool[parameters.Count];
            foreach (var answer in Answers(json.RootElement, method))
            {
                var at = Integer(answer.Member("id")) - firstId;
                if (at is not { } index || index < 0 || index >= answers.Length || answered[index])
                    throw new ChainProtocolException($"{Node} answered another question than {method}.");
                answers[index] = read(Result(answer, method, firstId + index));
                answered[index] = true;
            }

            return Array.TrueForAll(answered, one => one) ? answers : throw new ChainProtocolException($"{Node} answered a part of many {method}.");
        }, ct);

    /// <summary>Asks for logs and hands them on while they arrive; answers how many.</summary>
    public ValueTask<long> Logs(
        LogFilter filter, ILogSink sink, Action<Utf8JsonWriter> parameters, CancellationToken ct) =>
        Exchange("eth_getLogs", [parameters], _options.LogsTimeoutMs, async (body, id, token) =>
        {
            var logs = new LogReader(filter, sink, id);
            var pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
            try
            {
                await Feed(pipe, logs, token);
            }
            finally
            {
                await pipe.CompleteAsync();
            }

            return logs.Finish();
        }, ct);

    public void Dispose() => _http.Dispose();

    private async ValueTask Feed(PipeReader pipe, LogReader logs, CancellationToken ct)
    {
        for (var bytes = 0L; ;)
        {
            var read = await pipe.ReadAsync(ct);
            var consumed = logs.Parse(read.Buffer, read.IsCompleted);
            var waiting = read.Buffer.Slice(consumed).Length;
            bytes += read.Buffer.Length - waiting;
            if (bytes + waiting > _options.ResponseBytesMax) throw TooLarge("eth_getLogs");
            pipe.AdvanceTo(consumed, read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private async ValueTask<T> Exchange<T>(
        string method, IReadOnlyList<Action<Utf8JsonWriter>?> questions, int timeoutMs,
        Func<Stream, long, CancellationToken, ValueTask<T>> read, CancellationToken ct)
    {
        LeaveAlone(method);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeoutMs), _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            var id = Interlocked.Add(ref _lastId, questions.Count) - questions.Count + 1;
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.HttpUrl);
            request.Content = Content(method, questions, id);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode) throw Refused(response, method);
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            return await read(body, id, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Interlocked.Increment(ref _losses);
            throw new ChainUnavailableException($"{Node} did not answer {method} within {timeoutMs} ms.");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            Interlocked.Increment(ref _losses);
            throw new ChainUnavailableException($"{Node} cannot be asked {method}: {broken.Message}", broken);
        }
        catch (Exception garbled) when (garbled is JsonException or InvalidDataException)
        {
            throw new ChainProtocolException($"{Node} answered {method} with no JSON: {garbled.Message}", garbled);
        }
    }

    private static ReadOnlyMemoryContent Content(string method, IReadOnlyList<Action<Utf8JsonWriter>?> questions, long firstId)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            if (questions.Count > 1) json.WriteStartArray();
            for (var i = 0; i < questions.Count; i++) Write(json, method, questions[i], firstId + i);
            if (questions.Count > 1) json.WriteEndArray();
        }

        return new ReadOnlyMemoryContent(bytes.WrittenMemory)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
    }

    private static void Write(Utf8JsonWriter json, string method, Action<Utf8JsonWriter>? parameters, long id)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteNumber("id", id);
        json.WriteString("method", method);
        json.WriteStartArray("params");
        parameters?.Invoke(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private ChainUnavailableException Refused(HttpResponseMessage response, string method)
    {
        var now = _clock.GetUtcNow();
        TimeSpan? asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > now => date - now,
            _ => null,
        };
        if (asked is { } rest)
            Volatile.Write(ref _restsUntilMs, (now + (rest < RestMax ? rest : RestMax)).ToUnixTimeMilliseconds());
        return new ChainUnavailableException(
            $"{Node} refused {method}: HTTP {(int)response.StatusCode}.", new HttpRequestException(null, null, response.StatusCode))
        {
            AnswerTooLarge = response.StatusCode == HttpStatusCode.RequestEntityTooLarge, RetryAfter = asked,
        };
    }

    /// <summary>Whoever asks: a node counts the questions of all of us, and answers those in between with another refusal.</summary>
    private void LeaveAlone(string method)
    {
        var rest = DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _restsUntilMs)) - _clock.GetUtcNow();
        if (rest > TimeSpan.Zero)
            throw new ChainUnavailableException($"{Node} asked to be left alone: {method} waits.") { RetryAfter = rest };
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAll(Stream body, string method, CancellationToken ct)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        while (await body.ReadAsync(bytes.GetMemory(4096), ct) is var count and > 0)
        {
            bytes.Advance(count);
            if (bytes.WrittenCount > _options.ResponseBytesMax) throw TooLarge(method);
        }

        return bytes.WrittenMemory;
    }

    private ChainUnavailableException TooLarge(string method) =>
        new($"{Node} answered {method} with more than {_options.ResponseBytesMax} bytes.") { AnswerTooLarge = true };

    /// <summary>A node that takes no batches, or none so large, answers one error instead of a list.</summary>
    private JsonElement.ArrayEnumerator Answers(JsonElement json, string method)
    {
        if (json.MemberOrNull("error") is { } error) throw Error(error, method);
        return json.ValueKind == JsonValueKind.Array
            ? json.EnumerateArray()
            : throw new ChainProtocolException($"{Node} answered many {method} with no list.");
    }

    private JsonElement Result(JsonElement answer, string method, long id)
    {
        if (answer.MemberOrNull("error") is { } error) throw Error(error, method);
        return Integer(answer.Member("id")) == id
            ? answer.Member("result")
            : throw new ChainProtocolException($"{Node} answered another question than {method}.");
    }

    private static RpcErrorException Error(JsonElement error, string method)
    {
        var message = error.MemberOrNull("message") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
        return new RpcErrorException(method, Integer(error.Member("code")) ?? 0, message, RevertData(error));
    }

    private static long? Integer(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var value) ? value : null;

    /// <summary>Most nodes put the bytes into data, some into an object inside it, some behind a word.</summary>
    private static byte[]? RevertData(JsonElement error)
    {
        var data = error.MemberOrNull("data");
        if (data is { ValueKind: JsonValueKind.Object } inner) data = inner.MemberOrNull("data");
        if (data is not { ValueKind: JsonValueKind.String } text) return null;
        var digits = text.GetString()!.Split(' ')[^1];
        var bytes = new byte[Math.Max(0, digits.Length / 2 - 1)];
        return Hex.TryParse(digits, bytes) ? bytes : null;
    }
}
