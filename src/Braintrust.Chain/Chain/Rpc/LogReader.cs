using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>
/// Reads the answer to eth_getLogs while it arrives, without strings or garbage: every value goes from UTF-8 digits into
/// fields that are used again for the next log. Refused are logs nobody asked for, unsorted and repeated ones.
/// </summary>
internal sealed class LogReader(LogFilter filter, ILogSink sink, long id)
{
    private const int TopicsMax = 4;

    private enum Place
    {
        Start,
        Envelope,
        Logs,
        Log,
        Topics,
        Error,
        Done,
    }

    [Flags]
    private enum Field
    {
        Other = 0,
        Address = 1,
        Topics = 2,
        Data = 4,
        BlockNumber = 8,
        BlockHash = 16,
        TransactionHash = 32,
        LogIndex = 64,
        Needed = 127,
        Removed = 128,
        Id = 256,
        Result = 512,
        Error = 1024,
        Code = 2048,
        Message = 4096,
    }

    private readonly HashSet<Address> _contracts = [.. filter.Contracts];
    private readonly Hash32[] _topics = new Hash32[TopicsMax];
    private JsonReaderState _state;
    private Place _place;
    private Field _field;
    private Field _seen;
    private int _skippingTo = -1;
    private byte[] _scratch = new byte[256];
    private byte[] _data = new byte[1024];
    private int _dataLength;
    private int _topicCount;
    private Address _contract;
    private ulong _blockNo;
    private ulong _logIndex;
    private Hash32 _blockHash;
    private Hash32 _txHash;
    private bool _removed;
    private (ulong BlockNo, ulong LogIndex)? _last;
    private bool _idMatched;
    private bool _resultSeen;
    private long? _errorCode;
    private string _errorMessage = "";
    private long _count;
    private bool _emitting;

    /// <summary>Takes as much as is complete; answers how far.</summary>
    public SequencePosition Parse(in ReadOnlySequence<byte> buffer, bool isLast)
    {
        var json = new Utf8JsonReader(buffer, isLast, _state);
        try
        {
            while (json.Read()) OnToken(ref json);
        }
        catch (InvalidOperationException) when (!_emitting)
        {
            throw Bad("has a string that is no UTF-8");
        }

        _state = json.CurrentState;
        return json.Position;
    }

    /// <summary>How many logs there were, once everything is parsed.</summary>
    public long Finish()
    {
        if (_errorCode is { } code) throw new RpcErrorException("eth_getLogs", code, _errorMessage, null);
        if (_place != Place.Done || !_resultSeen) throw Bad("has no result");
        return _idMatched ? _count : throw Bad("is for another question");
    }

    private void OnToken(ref Utf8JsonReader json)
    {
        var closing = json.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
        if (_skippingTo >= 0)
        {
            if (closing && json.CurrentDepth == _skippingTo) _skippingTo = -1;
            return;
        }

        if (json.TokenType == JsonTokenType.PropertyName) _field = Name(ref json);
        else if (closing) Close();
        else Value(ref json);
    }

    private Field Name(ref Utf8JsonReader json) => _place switch
    {
        Place.Log => LogField(ref json),
        Place.Error => json.ValueTextEquals("code"u8) ? Field.Code
            : json.ValueTextEquals("message"u8) ? Field.Message : Field.Other,
        _ => json.ValueTextEquals("result"u8) ? Field.Result
            : json.ValueTextEquals("error"u8) ? Field.Error
            : json.ValueTextEquals("id"u8) ? Field.Id : Field.Other,
    };

    private static Field LogField(ref Utf8JsonReader json) =>
        json.ValueTextEquals("address"u8) ? Field.Address
        : json.ValueTextEquals("topics"u8) ? Field.Topics
        : json.ValueTextEquals("data"u8) ? Field.Data
        : json.ValueTextEquals("blockNumber"u8) ? Field.BlockNumber
        : json.ValueTextEquals("blockHash"u8) ? Field.BlockHash
        : json.ValueTextEquals("transactionHash"u8) ? Field.TransactionHash
        : json.ValueTextEquals("logIndex"u8) ? Field.LogIndex
        : json.ValueTextEquals("removed"u8) ? Field.Removed
        : Field.Other;

    private void Close()
    {
        if (_place == Place.Log) Emit();
        _place = _place switch
        {
            Place.Topics => Place.Log,
            Place.Log => Place.Logs,
            Place.Logs or Place.Error => Place.Envelope,
            _ => Place.Done,
        };
    }

    private void Value(ref Utf8JsonReader json)
    {
        switch (_place)
        {
            case Place.Start when json.TokenType == JsonTokenType.StartObject: _place = Place.Envelope; break;
            case Place.Envelope: EnvelopeValue(ref json); break;
            case Place.Logs when json.TokenType == JsonTokenType.StartObject: Begin(); break;
            case Place.Log: LogValue(ref json); break;
            case Place.Topics when _topicCount < TopicsMax: _topics[_topicCount++] = Hash(ref json); break;
            case Place.Error: ErrorValue(ref json); break;
            default: throw Bad("is no list of logs");
        }
    }

    private void EnvelopeValue(ref Utf8JsonReader json)
    {
        switch (_field)
        {
            case Field.Id:
                _idMatched = json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var told) && told == id;
                break;
            case Field.Result when json.TokenType == JsonTokenType.StartArray && !_resultSeen:
                (_place, _resultSeen) = (Place.Logs, true);
                break;
            case Field.Result when json.TokenType == JsonTokenType.Null:
                throw new ChainUnavailableException("The node has no logs for that block (yet, or any more).");
            case Field.Result:
                throw Bad("is no list of logs");
            case Field.Error when json.TokenType == JsonTokenType.StartObject:
                (_place, _errorCode) = (Place.Error, 0);
                break;
            default: Skip(ref json); break;
        }
    }

    private void ErrorValue(ref Utf8JsonReader json)
    {
        if (_field == Field.Code && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var code)) _errorCode = code;
        else if (_field == Field.Message && json.TokenType == JsonTokenType.String) _errorMessage = json.GetString()!;
        else Skip(ref json);
    }

    private void Begin()
    {
        (_place, _seen, _topicCount, _dataLength, _removed) = (Place.Log, Field.Other, 0, 0, false);
    }

    private void LogValue(ref Utf8JsonReader json)
    {
        switch (_field)
        {
            case Field.Address: _contract = Address(ref json); break;
            case Field.Topics when json.TokenType == JsonTokenType.StartArray: (_place, _topicCount) = (Place.Topics, 0); break;
            case Field.Data: Data(ref json); break;
            case Field.BlockNumber: _blockNo = Quantity(ref json); break;
            case Field.BlockHash: _blockHash = Hash(ref json); break;
            case Field.TransactionHash: _txHash = Hash(ref json); break;
            case Field.LogIndex: _logIndex = Quantity(ref json); break;
            case Field.Removed when json.TokenType is JsonTokenType.True or JsonTokenType.False:
                _removed = json.TokenType == JsonTokenType.True;
                break;
            case Field.Other: Skip(ref json); break;
            default: throw Bad($"has a bad {_field}");
        }

        _seen |= _field;
    }

    private void Emit()
    {
        if ((_seen & Field.Needed) != Field.Needed) throw Bad("has a log with missing parts");
        if (!filter.IsOfAll && !_contracts.Contains(_contract)) throw Bad($"has a log of {_contract}, which was not asked for");
        var wanted = filter.BlockHash is { } hash
            ? _blockHash == hash
            : _blockNo >= filter.FromBlock && _blockNo <= filter.ToBlock;
        if (!wanted) throw Bad($"has a log of block {_blockNo} {_blockHash}, which was not asked for");
        if (_logIndex > uint.MaxValue || (_last is { } last && (_blockNo, _logIndex).CompareTo(last) <= 0))
            throw Bad($"has log {_logIndex} of block {_blockNo} out of order or twice");
        _last = (_blockNo, _logIndex);
        _count++;
        _emitting = true;
        sink.OnLog(new LogEntry
        {
            Contract = _contract, BlockNo = _blockNo, BlockHash = _blockHash, TxHash = _txHash, LogIndex = (uint)_logIndex,
            Topics = _topics.AsSpan(0, _topicCount), Data = _data.AsSpan(0, _dataLength), Removed = _removed,
        });
        _emitting = false;
    }

    private void Skip(ref Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) _skippingTo = json.CurrentDepth;
    }

    private Hash32 Hash(ref Utf8JsonReader json)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Length];
        return Fill(Digits(ref json), bytes) ? new Hash32(bytes) : throw Bad($"has a bad {_field}");
    }

    private Address Address(ref Utf8JsonReader json)
    {
        Span<byte> bytes = stackalloc byte[Braintrust.Address.Length];
        return Fill(Digits(ref json), bytes) ? new Address(bytes) : throw Bad($"has a bad {_field}");
    }

    private void Data(ref Utf8JsonReader json)
    {
        var digits = Digits(ref json);
        _dataLength = digits.Length / 2;
        if (_dataLength > _data.Length) _data = new byte[Math.Max(_dataLength, _data.Length * 2)];
        if (!Fill(digits, _data.AsSpan(0, _dataLength))) throw Bad("has bad Data");
    }

    private ulong Quantity(ref Utf8JsonReader json)
    {
        var digits = Digits(ref json);
        var good = Utf8Parser.TryParse(digits, out ulong value, out var used, 'x') && used == digits.Length && used <= 16;
        return good ? value : throw Bad($"has a bad {_field}");
    }

    private static bool Fill(ReadOnlySpan<byte> digits, Span<byte> into) =>
        digits.Length == into.Length * 2
        && Convert.FromHexString(digits, into, out _, out _) == System.Buffers.OperationStatus.Done;

    /// <summary>The hexadecimal digits of a string token, without 0x.</summary>
    private ReadOnlySpan<byte> Digits(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String) throw Bad($"has a bad {_field}");
        var text = json.ValueSpan;
        if (json.HasValueSequence || json.ValueIsEscaped)
        {
            var size = json.HasValueSequence ? checked((int)json.ValueSequence.Length) : text.Length;
            if (size > _scratch.Length) _scratch = new byte[Math.Max(size, _scratch.Length * 2)];
            text = _scratch.AsSpan(0, json.CopyString(_scratch));
        }

        return text.StartsWith("0x"u8) ? text[2..] : throw Bad($"has a bad {_field}");
    }

    private static ChainProtocolException Bad(string what) => new($"The node's answer to eth_getLogs {what}.");
}
