using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Documents;
using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Documents.V1;

namespace Braintrust;

public sealed class DocumentTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Person _employer = null!;
    private Person _talent = null!;
    private Person _stranger = null!;

    public async Task InitializeAsync() => (_employer, _talent, _stranger) = (
        await _server.SignIn(DevelopmentKeys.Signer(0)), await _server.SignIn(DevelopmentKeys.Signer(1)),
        await _server.SignIn(DevelopmentKeys.Signer(2)));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_document_is_named_by_its_content_and_read_by_the_parties()
    {
        var agreement = (await Deals.Offer(_server, _employer, _talent)).Name;
        var content = Guid.NewGuid().ToByteArray();
        var put = Put(agreement, content);
        var document = (await _server.Documents.PutDocumentAsync(put, _talent.Headers)).Document;
        Assert.Equal($"documents/{Hash32.Keccak(content)}", document.Name);
        Assert.Equal((16u, _talent.Account, agreement), (document.SizeBytes, document.Uploader, document.Subject));
        Assert.Equal(document, (await _server.Documents.PutDocumentAsync(put, _talent.Headers)).Document);
        foreach (var subject in new[] { "", agreement })
        {
            var read = await _server.Documents.GetDocumentAsync(new() { Name = document.Name, Subject = subject }, _employer.Headers);
            Assert.Equal(content, read.Content.ToByteArray());
            Assert.Equal(document, read.Document);
        }

        Assert.Equal([document], (await _server.Documents.ListDocumentsAsync(new() { Subject = agreement }, _employer.Headers)).Documents);
    }

    [Fact]
    public async Task A_stranger_reads_nothing_and_stores_nothing()
    {
        var agreement = (await Deals.Offer(_server, _employer, _talent)).Name;
        var document = (await _server.Documents.PutDocumentAsync(Put(agreement, Guid.NewGuid().ToByteArray()), _talent.Headers)).Document;
        await Rpc.Refused(
            _server.Documents.GetDocumentAsync(new() { Name = document.Name }, _stranger.Headers), StatusCode.NotFound, ErrorReason.NotFound, "name");
        await Rpc.Refused(
            _server.Documents.GetDocumentAsync(new() { Name = document.Name, Subject = agreement }, _stranger.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        var foreign = Guid.NewGuid().ToByteArray();
        await Rpc.Refused(
            _server.Documents.PutDocumentAsync(Put(agreement, foreign), _stranger.Headers),
            StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        await Rpc.Refused(
            _server.Documents.GetDocumentAsync(new() { Name = $"documents/{Hash32.Keccak(foreign)}" }, _talent.Headers),
            StatusCode.NotFound, ErrorReason.NotFound);
        // Attached where the stranger takes part, the same content is the stranger's to read, there alone.
        var own = (await Deals.Offer(_server, _stranger, _talent)).Name;
        await _server.Documents.PutDocumentAsync(Put(own, foreign), _stranger.Headers);
        Assert.Equal(own, (await _server.Documents.GetDocumentAsync(
            new() { Name = $"documents/{Hash32.Keccak(foreign)}" }, _stranger.Headers)).Document.Subject);
    }

    [Fact]
    public async Task The_largest_document_passes_and_one_byte_more_does_not()
    {
        var agreement = (await Deals.Offer(_server, _employer, _talent)).Name;
        var large = new byte[DocumentRules.ContentBytesMax];
        Random.Shared.NextBytes(large);
        var document = (await _server.Documents.PutDocumentAsync(Put(agreement, large), _talent.Headers)).Document;
        Assert.Equal(large, (await _server.Documents.GetDocumentAsync(new() { Name = document.Name }, _employer.Headers)).Content.ToByteArray());
        await Rpc.Refused(
            _server.Documents.PutDocumentAsync(Put(agreement, [.. large, 1]), _talent.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "content");
        await Rpc.Refused(
            _server.Documents.PutDocumentAsync(Put(agreement, new byte[DocumentRules.RequestBytesMax]), _talent.Headers),
            StatusCode.ResourceExhausted, ErrorReason.LimitReached);
    }

    [Theory]
    [InlineData("jobs", "subject")]
    [InlineData("jobs/1", "subject")]
    [InlineData("negotiations/1", "subject")]
    [InlineData("nothing/1", "subject")]
    [InlineData("agreements/1", "subject")]
    [InlineData("", "subject")]
    public async Task A_malformed_subject_is_refused(string subject, string field) => await Rpc.Refused(
        _server.Documents.PutDocumentAsync(Put(subject, [1]), _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);

    [Fact]
    public async Task Parties_talk_and_read_in_both_directions()
    {
        var agreement = (await Deals.Offer(_server, _employer, _talent)).Name;
        var thread = "threads/" + agreement;
        var document = (await _server.Documents.PutDocumentAsync(Put(agreement, Guid.NewGuid().ToByteArray()), _talent.Headers)).Document;
        using var stream = StreamReader.Open(_server, _employer, [thread]);
        Assert.Equal(0u, (await stream.NextEvent()).Update.Thread.MessageCount);
        var posts = Enumerable.Range(1, 5).Select(i => new V1.PostMessageRequest
        {
            RequestId = Guid.NewGuid().ToString(), Parent = thread, Text = $"message {i}", Documents = { document.Name },
        }).ToArray();
        foreach (var post in posts)
        {
            var message = (await _server.Threads.PostMessageAsync(post, _talent.Headers)).Message;
            Assert.Equal(message, (await _server.Threads.PostMessageAsync(post, _talent.Headers)).Message);
        }

        var newest = await stream.UntilUpdate(update => update.Thread.MessageCount == 5);
        Assert.Equal(("message 5", _talent.Account), (newest.Update.Thread.Newest.Text, newest.Update.Thread.Newest.Author));
        Assert.Equal(newest.Update.Thread, (await _server.Threads.GetThreadAsync(new() { Name = thread }, _employer.Headers)).Thread);
        Assert.Equal([1ul, 2ul, 3ul, 4ul, 5ul], await Pages(thread, ""));
        Assert.Equal([5ul, 4ul, 3ul, 2ul, 1ul], await Pages(thread, "number desc"));
    }

    [Fact]
    public async Task Both_sides_of_a_negotiation_talk_and_share_documents_and_nobody_else_does()
    {
        var hiring = await Hiring.Begin(_server, employer: 0, talent: 1);
        var job = await hiring.Open();
        var negotiation = (await hiring.Negotiate(job, await hiring.Bid(job))).Name;
        var document = (await _server.Documents.PutDocumentAsync(Put(negotiation, Guid.NewGuid().ToByteArray()), _talent.Headers)).Document;
        await _server.Documents.GetDocumentAsync(new() { Name = document.Name }, _employer.Headers);
        var post = new V1.PostMessageRequest
        {
            RequestId = Guid.NewGuid().ToString(), Parent = "threads/" + negotiation, Text = "see", Documents = { document.Name },
        };
        await _server.Threads.PostMessageAsync(post, _employer.Headers);
        Assert.Equal(1u, (await _server.Threads.GetThreadAsync(new() { Name = post.Parent }, _talent.Headers)).Thread.MessageCount);
        await Rpc.Refused(_server.Threads.GetThreadAsync(new() { Name = post.Parent }, _stranger.Headers), StatusCode.NotFound, ErrorReason.NotFound);
        await Rpc.Refused(
            _server.Documents.PutDocumentAsync(Put(negotiation, [1]), _stranger.Headers), StatusCode.NotFound, ErrorReason.NotFound, "subject");
    }

    [Fact]
    public async Task A_jobs_documents_are_the_employers_to_attach_and_everybodys_to_read()
    {
        var hiring = await Hiring.Begin(_server, employer: 0, talent: 1);
        var job = (await hiring.Open()).Name;
        var document = (await _server.Documents.PutDocumentAsync(Put(job, Guid.NewGuid().ToByteArray()), _employer.Headers)).Document;
        await _server.Documents.GetDocumentAsync(new() { Name = document.Name }, _stranger.Headers);
        Assert.Equal([document], (await _server.Documents.ListDocumentsAsync(new() { Subject = job }, _stranger.Headers)).Documents);
        await Rpc.Refused(
            _server.Documents.PutDocumentAsync(Put(job, [1]), _talent.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");
        await Rpc.Refused(
            _server.Threads.GetThreadAsync(new() { Name = "threads/" + job }, _employer.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "name");
    }

    [Fact]
    public async Task A_stranger_hears_nothing_and_a_missing_document_is_told()
    {
        var thread = "threads/" + (await Deals.Offer(_server, _employer, _talent)).Name;
        V1.PostMessageRequest Post() => new() { RequestId = Guid.NewGuid().ToString(), Parent = thread, Text = "hello" };
        await Rpc.Refused(
            _server.Threads.PostMessageAsync(Post(), _stranger.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty, "parent");
        await Rpc.Refused(
            _server.Threads.ListMessagesAsync(new() { Parent = thread }, _stranger.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            async () =>
            {
                using var stream = StreamReader.Open(_server, _stranger, [thread]);
                await stream.Next();
            },
            StatusCode.PermissionDenied, ErrorReason.NotAParty);
        var missing = Post();
        missing.Documents.Add($"documents/{Hash32.Keccak(Guid.NewGuid().ToByteArray())}");
        await Rpc.Refused(
            _server.Threads.PostMessageAsync(missing, _talent.Headers), StatusCode.FailedPrecondition, ErrorReason.DocumentMissing, "documents");
        Assert.Equal(0u, (await _server.Threads.GetThreadAsync(new() { Name = thread }, _talent.Headers)).Thread.MessageCount);
    }

    [Fact]
    public async Task A_document_is_taken_away_by_who_attached_it_and_by_nobody_else()
    {
        var agreement = (await Deals.Offer(_server, _employer, _talent)).Name;
        var content = Guid.NewGuid().ToByteArray();
        var document = (await _server.Documents.PutDocumentAsync(Put(agreement, content), _talent.Headers)).Document.Name;
        await Rpc.Refused(Detach(_employer, document, agreement), StatusCode.NotFound, ErrorReason.NotFound, "name");
        await Rpc.Refused(Detach(_stranger, document, agreement), StatusCode.PermissionDenied, ErrorReason.NotAParty, "subject");

        var detach = Detached(document, agreement);
        await _server.Documents.DetachDocumentAsync(detach, _talent.Headers);

        Assert.Empty((await _server.Documents.ListDocumentsAsync(new() { Subject = agreement }, _employer.Headers)).Documents);
        foreach (var subject in new[] { "", agreement })
            await Rpc.Refused(
                _server.Documents.GetDocumentAsync(new() { Name = document, Subject = subject }, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound);
        // The answer was lost: the same request is answered again, another one finds nothing.
        await _server.Documents.DetachDocumentAsync(detach, _talent.Headers);
        await Rpc.Refused(Detach(_talent, document, agreement), StatusCode.NotFound, ErrorReason.NotFound, "name");
        // What the other side attaches is its own.
        await _server.Documents.PutDocumentAsync(Put(agreement, content), _employer.Headers);
        await Rpc.Refused(Detach(_talent, document, agreement), StatusCode.NotFound, ErrorReason.NotFound, "name");
        Assert.Equal(content, (await _server.Documents.GetDocumentAsync(new() { Name = document }, _talent.Headers)).Content.ToByteArray());
    }

    [Fact]
    public async Task What_an_offer_or_terms_name_stays_and_so_does_everything_once_money_is_there()
    {
        var hiring = await Hiring.Begin(_server, employer: 0, talent: 1);
        var job = await hiring.Open();
        var negotiation = await hiring.Negotiate(job, await hiring.Bid(job));
        var (named, spare) = (await Attach(negotiation.Name), await Attach(negotiation.Name));
        var proposed = hiring.Proposed(negotiation, "3000");
        proposed.Attachments.Add(named["documents/".Length..]);
        await _server.Negotiations.CounterOfferAsync(proposed, _employer.Headers);
        await Rpc.Refused(Detach(_talent, named, negotiation.Name), StatusCode.FailedPrecondition, ErrorReason.WrongState, "name");
        await Detach(_talent, spare, negotiation.Name);

        var agreement = await Deals.Offer(_server, _employer, _talent);
        var text = (await _server.Documents.PutDocumentAsync(Put(agreement.Name, "the agreed text"u8.ToArray()), _talent.Headers)).Document.Name;
        Assert.Equal(agreement.Offer.Terms.Documents, text["documents/".Length..]);
        await Rpc.Refused(Detach(_talent, text, agreement.Name), StatusCode.FailedPrecondition, ErrorReason.WrongState, "name");
        var evidence = await Attach(agreement.Name);
        _server.Source.Chain.Mine(ScriptedSource.Funded(Deals.Read(agreement.Offer.Terms), 1));
        await Eventually.Does(async () => Assert.Equal(
            Api.Escrow.V1.AgreementPhase.Funded,
            (await _server.Escrow.GetAgreementAsync(new() { Name = agreement.Name }, _talent.Headers)).Agreement.Phase));
        await Rpc.Refused(Detach(_talent, evidence, agreement.Name), StatusCode.FailedPrecondition, ErrorReason.WrongState, "name");

        async Task<string> Attach(string subject) =>
            (await _server.Documents.PutDocumentAsync(Put(subject, Guid.NewGuid().ToByteArray()), _talent.Headers)).Document.Name;
    }

    [Fact]
    public async Task A_message_is_about_an_offer_that_was_made_there_or_about_none()
    {
        var hiring = await Hiring.Begin(_server, employer: 0, talent: 1);
        var job = await hiring.Open();
        var negotiation = await hiring.Negotiate(job, await hiring.Bid(job));
        negotiation = await hiring.Offer(_employer, negotiation, "3000");
        var agreement = await Deals.Offer(_server, _employer, _talent);
        var (made, signed) = (negotiation.Offers[^1].Hash, agreement.Offer.Agreement);
        foreach (var (subject, offer, known) in new[]
                 {
                     (negotiation.Name, made, true), (negotiation.Name, signed, false), (agreement.Name, signed, true), (agreement.Name, made, false),
                 })
        {
            var post = new V1.PostMessageRequest
            {
                RequestId = Guid.NewGuid().ToString(), Parent = "threads/" + subject, Text = "about it", Offer = offer,
            };
            if (known) Assert.Equal(offer, (await _server.Threads.PostMessageAsync(post, _talent.Headers)).Message.Offer);
            else await Rpc.Refused(_server.Threads.PostMessageAsync(post, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound, "offer");
        }
    }

    [Fact]
    public async Task A_message_about_an_offer_that_was_replaced_meanwhile_is_answered_again()
    {
        var agreement = await Deals.Offer(_server, _employer, _talent);
        var post = new V1.PostMessageRequest
        {
            RequestId = Guid.NewGuid().ToString(), Parent = "threads/" + agreement.Name, Text = "once", Offer = agreement.Offer.Agreement,
        };
        var posted = (await _server.Threads.PostMessageAsync(post, _talent.Headers)).Message;
        var newer = agreement.Offer.Terms.Clone();
        (newer.Sequence, newer.Previous, newer.ValidUntilSeconds) = ("1", agreement.Offer.Agreement, newer.ValidUntilSeconds - 1);
        await _server.Escrow.OfferTermsAsync(await Deals.Sign(_talent, await Deals.Prepare(_server, _talent, newer)), _talent.Headers);
        Assert.Equal(posted, (await _server.Threads.PostMessageAsync(post, _talent.Headers)).Message);
        post.RequestId = Guid.NewGuid().ToString();
        await Rpc.Refused(_server.Threads.PostMessageAsync(post, _talent.Headers), StatusCode.NotFound, ErrorReason.NotFound, "offer");
    }

    public static TheoryData<string, Action<V1.PostMessageRequest>> Malformed => new()
    {
        { "request_id", post => post.RequestId = "1" },
        { "parent", post => post.Parent = "agreements/1" },
        { "parent", post => post.Parent = "threads/nothing/1" },
        { "text", post => post.Text = " " },
        { "text", post => post.Text = new string('é', 2_049) },
        { "documents[0]", post => post.Documents.Add("documents/0x01") },
        { "offer", post => post.Offer = "0x01" },
    };

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task A_malformed_message_is_refused_by_its_field(string field, Action<V1.PostMessageRequest> spoil)
    {
        var post = new V1.PostMessageRequest
        {
            RequestId = Guid.NewGuid().ToString(), Parent = "threads/agreements/31337-" + Hash32.Keccak([1]), Text = "hello",
        };
        spoil(post);
        await Rpc.Refused(
            _server.Threads.PostMessageAsync(post, _talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);
    }

    private AsyncUnaryCall<V1.DetachDocumentResponse> Detach(Person by, string document, string subject) =>
        _server.Documents.DetachDocumentAsync(Detached(document, subject), by.Headers);

    private static V1.DetachDocumentRequest Detached(string document, string subject) =>
        new() { RequestId = Guid.NewGuid().ToString(), Name = document, Subject = subject };

    private static V1.PutDocumentRequest Put(string subject, byte[] content) => new()
    {
        RequestId = Guid.NewGuid().ToString(), Subject = subject, Content = ByteString.CopyFrom(content),
        MediaType = "text/plain", DisplayName = "terms.txt",
    };

    private async Task<IReadOnlyList<ulong>> Pages(string thread, string order)
    {
        var (numbers, token) = (new List<ulong>(), "");
        do
        {
            var page = await _server.Threads.ListMessagesAsync(
                new() { Parent = thread, PageSize = 2, PageToken = token, OrderBy = order }, _employer.Headers);
            numbers.AddRange(page.Messages.Select(message => message.Number));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return numbers;
    }
}
