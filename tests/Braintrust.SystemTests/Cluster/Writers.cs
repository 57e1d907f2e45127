using System.Diagnostics;
using System.Globalization;
using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Api.Watch;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust.Cluster;

/// <summary>
/// Somebody who changes one thing again and again, repeats each request until it is answered, waits until the own watch
/// shows the answer, and remembers what was acknowledged.
/// </summary>
internal abstract class Writer(Person person) : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly Lock _lock = new();
    private Task? _watching;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _seen;

    public Person Person => person;

    /// <summary>Writes that were acknowledged and seen.</summary>
    public int Rounds { get; private set; }

    /// <summary>Calls that had to be made again.</summary>
    public int Repeated { get; private set; }

    /// <summary>The longest time from sending a write to seeing it on the watch, since it was last asked.</summary>
    public TimeSpan Longest { get; set; }

    /// <summary>The value that was acknowledged last.</summary>
    public string Acknowledged { get; private set; } = "";

    /// <summary>What the watch showed last.</summary>
    public string? Seen { get { lock (_lock) return _seen; } }

    protected abstract string Subject { get; }

    /// <summary>Opens what is written and watches it.</summary>
    public async Task Begin(CancellationToken ct)
    {
        await WriteOnce(ct);
        _watching = Watch();
    }

    /// <summary>Writes once and waits until it is seen.</summary>
    public async Task WriteOnce(CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        await Round(await Write(ct), since, ct);
    }

    /// <summary>The value as it is read now.</summary>
    public abstract Task<string> Read(CancellationToken ct);

    /// <summary>Sends every acknowledged mutation again; answers what was answered otherwise than before.</summary>
    public abstract Task<IReadOnlyList<string>> Replay(CancellationToken ct);

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        if (_watching is not null) await _watching;
        _done.Dispose();
    }

    protected abstract Task<string> Write(CancellationToken ct);

    protected abstract string Value(Update update);

    protected Task<T> Call<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken ct)
    {
        var attempts = 0;
        return person.Call(options =>
        {
            if (attempts++ > 0) Repeated++;
            return call(options);
        }, ct);
    }

    private async Task Round(string value, long since, CancellationToken ct)
    {
        Acknowledged = value;
        if (_watching is not null) await Shows(value, _watching).WaitAsync(ClusterProcess.StepMax, ct);
        var took = Stopwatch.GetElapsedTime(since);
        if (took > Longest) Longest = took;
        Rounds++;
    }

    private async Task Shows(string value, Task watching)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_seen == value) return;
                news = _news.Task;
            }

            // A watch that was refused shows nothing any more, and says why.
            await await Task.WhenAny(news, watching);
        }
    }

    private async Task Watch()
    {
        var messages = person.Server.Watches.Resumed([Subject], () => person.Headers, policy: person.Server.Policy, ct: _done.Token);
        try
        {
            await foreach (var message in messages)
                if (message.Update is { } update) Show(Value(update));
        }
        catch (Exception) when (_done.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private void Show(string value)
    {
        lock (_lock)
        {
            _seen = value;
            _news.TrySetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

/// <summary>A freelancer who offers better and better terms of one negotiation.</summary>
internal sealed class Negotiator(Person person, NodeLink node, Address employer, ulong validUntil) : Writer(person)
{
    private readonly List<OfferTermsRequest> _offers = [];
    private string _name = "";

    protected override string Subject => _name;

    public override async Task<string> Read(CancellationToken ct) => Value(await Get(ct));

    public override async Task<IReadOnlyList<string>> Replay(CancellationToken ct)
    {
        var before = await Get(ct);
        foreach (var offer in _offers)
            await Call(options => Person.Server.Escrow.OfferTermsAsync(offer, options), ct);
        var after = await Get(ct);
        return Version(after) == Version(before) && Value(after) == Value(before) ? [] : [$"{before} became {after}"];
    }

    protected override async Task<string> Write(CancellationToken ct)
    {
        var prepare = new PrepareTermsRequest { ChainId = node.ChainId, Terms = Terms(_offers.Count) };
        var prepared = await Call(options => Person.Server.Escrow.PrepareTermsAsync(prepare, options), ct);
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        var offer = new OfferTermsRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = node.ChainId, Terms = prepared.Terms,
            TalentSignature = ByteString.CopyFrom(await Person.Signer.Sign(digest, ct)),
        };
        var answer = await Call(options => Person.Server.Escrow.OfferTermsAsync(offer, options), ct);
        _offers.Add(offer);
        _name = answer.Agreement.Name;
        return Value(answer.Agreement);
    }

    protected override string Value(Update update) => Value(update.Agreement);

    private static string Value(Agreement agreement) => agreement.Offer.Terms.Sequence;

    /// <summary>Of the state; the rest of the etag moves with the chain.</summary>
    private static string Version(Agreement agreement) => agreement.Etag.Split('-')[0];

    private async Task<Agreement> Get(CancellationToken ct)
    {
        var request = new GetAgreementRequest { Name = _name };
        return (await Call(options => Person.Server.Escrow.GetAgreementAsync(request, options), ct)).Agreement;
    }

    private Terms Terms(int sequence) => new()
    {
        Nonce = "1",
        Sequence = sequence.ToString(CultureInfo.InvariantCulture),
        Employer = employer.ToString(),
        Talent = Person.Address.ToString(),
        Token = node.Token.ToString(),
        ReviewWindowSeconds = 3 * 24 * 3600,
        ValidUntilSeconds = validUntil,
        Documents = Hash32.Keccak("the agreed text"u8).ToString(),
        Milestones = { new MilestoneTerms { Amount = $"{1_000_000_000_000_000_000 + sequence}", WorkTimeSeconds = 86_400 } },
    };
}

/// <summary>Somebody who links and unlinks second wallets.</summary>
internal sealed class Mover(Person person, ulong chainId, Func<LocalSigner> newWallet) : Writer(person)
{
    private readonly List<(LinkWalletRequest Request, Account Answer)> _links = [];
    private readonly List<(UnlinkWalletRequest Request, Account Answer)> _unlinks = [];
    private string? _linked;

    protected override string Subject => "accounts/me";

    public override async Task<string> Read(CancellationToken ct) =>
        Value((await Call(options => Person.Server.Accounts.GetAccountAsync(new(), options), ct)).Account);

    public override async Task<IReadOnlyList<string>> Replay(CancellationToken ct)
    {
        var differences = new List<string>();
        foreach (var (request, answer) in _links)
            Compare(answer, (await Call(options => Person.Server.Accounts.LinkWalletAsync(request, options), ct)).Account);
        foreach (var (request, answer) in _unlinks)
            Compare(answer, (await Call(options => Person.Server.Accounts.UnlinkWalletAsync(request, options), ct)).Account);
        return differences;

        void Compare(Account first, Account again)
        {
            if (!first.Equals(again)) differences.Add($"{first} was answered, now {again}");
        }
    }

    protected override async Task<string> Write(CancellationToken ct)
    {
        var account = _linked is null ? await Link(newWallet(), ct) : await Unlink(_linked, ct);
        _linked = account.Wallets.ElementAtOrDefault(1);
        return Value(account);
    }

    protected override string Value(Update update) => Value(update.Account);

    private static string Value(Account account) => $"{account.Etag} {string.Join(' ', account.Wallets)}";

    private async Task<Account> Link(LocalSigner wallet, CancellationToken ct)
    {
        while (true)
        {
            var account = (await Call(options => Person.Server.Accounts.GetAccountAsync(new(), options), ct)).Account.Name;
            var asked = new CreateSignInMessageRequest { Address = wallet.Address.ToString(), ChainId = chainId, Account = account };
            var message = (await Call(options => Person.Server.Accounts.CreateSignInMessageAsync(asked, options), ct)).Message;
            var request = new LinkWalletRequest
            {
                RequestId = Guid.NewGuid().ToString(), Message = message,
                Signature = ByteString.CopyFrom(await wallet.Sign(PersonalMessage.Hash(message), ct)),
            };
            try
            {
                var answer = (await Call(options => Person.Server.Accounts.LinkWalletAsync(request, options), ct)).Account;
                _links.Add((request, answer));
                return answer;
            }
            catch (RpcException used) when (used.Reason() == ErrorReason.NonceInvalid)
            {
                // The nonce was used up by a try that died before it wrote: a message is good for one.
            }
        }
    }

    private async Task<Account> Unlink(string wallet, CancellationToken ct)
    {
        var request = new UnlinkWalletRequest { RequestId = Guid.NewGuid().ToString(), Address = wallet };
        var answer = (await Call(options => Person.Server.Accounts.UnlinkWalletAsync(request, options), ct)).Account;
        _unlinks.Add((request, answer));
        return answer;
    }
}
