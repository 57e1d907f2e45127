using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Documents;

public sealed class DocumentGrainTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private const string Subject = "agreements/1-0x01";

    [Fact]
    public async Task Nothing_of_a_failed_write_is_kept_and_the_same_request_then_stores_once()
    {
        var (person, content, request) = (NewId(), Guid.NewGuid().ToByteArray(), Request());
        var grain = Documents(person);
        Cluster.Commits.Before = unit => unit.Key == person ? throw new StorageUnavailableException("The test says so.") : Task.CompletedTask;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Attach(grain, request, content));
        Cluster.Commits.Before = null;
        Assert.Empty(await Rows.Read("document", [Hash32.Keccak(content).ToBytes()], CancellationToken.None));
        var stored = Accept(await Attach(Documents(person), request, content));
        await Deactivation.Of(Documents(person));
        Assert.Equal(stored, Accept(await Attach(Documents(person), request, content)));
        Assert.Equal(content, Assert.Single(await Rows.Read("document", [Hash32.Keccak(content).ToBytes()], CancellationToken.None)).Values[0]);
        Assert.Single(await Rows.Read("document_attachment", [person], CancellationToken.None));
    }

    [Fact]
    public async Task The_quota_is_known_after_the_grain_was_gone()
    {
        var person = NewId();
        var large = new byte[DocumentRules.ContentBytesMax];
        for (var i = 0; i < DocumentsState.BytesMax / DocumentRules.ContentBytesMax; i++)
        {
            large[0] = (byte)i;
            Accept(await Attach(Documents(person), Request(), large));
        }

        await Deactivation.Of(Documents(person));
        var more = await Attach(Documents(person), Request(), [1]);
        Assert.True(!more.Accepted(out _, out var refusal) && refusal.Code == RefusalCode.LimitReached);
        Assert.False((await Attach(Documents(person), Request(), large)).IsRefused);
    }

    [Fact]
    public async Task Messages_of_many_at_once_are_all_there_without_gaps_in_the_order_of_their_numbers()
    {
        var thread = "agreements/" + NewId();
        var grain = Cluster.Grains.GetGrain<IThreadGrain>(thread);
        var posted = new List<(long Number, string Text)>();
        for (var round = 0; round < 4; round++)
        {
            var texts = Enumerable.Range(0, 10).Select(i => $"{round}.{i}").ToArray();
            var answers = await Task.WhenAll(texts.Select((text, i) => grain.Post($"person {i}", Request(), text, [], null)));
            posted.AddRange(answers.Zip(texts, (answer, text) => (Accept(answer).Version, text)));
            await Deactivation.Of(grain);
        }

        var rows = await Rows.Read("thread_message", [thread], CancellationToken.None);
        Assert.Equal(posted.Order(), rows.Select(ThreadRules.Read).Select(message => (message.Number, message.Text)));
        Assert.Equal(Enumerable.Range(1, 40).Select(number => (long)number), posted.Select(message => message.Number).Order());
        var state = await grain.Read();
        Assert.Equal((40, posted.Max().Text), (state.Count, state.Newest!.Text));
    }

    [Fact]
    public async Task A_post_sent_again_after_a_failed_write_or_a_lost_activation_is_one_message()
    {
        var thread = "agreements/" + NewId();
        var grain = Cluster.Grains.GetGrain<IThreadGrain>(thread);
        var request = Request();
        Cluster.Commits.Before = unit => unit.Key == thread ? throw new StorageUnavailableException("The test says so.") : Task.CompletedTask;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => grain.Post("a", request, "once", [], null));
        Cluster.Commits.Before = null;
        Assert.Equal(0, (await grain.Read()).Count);
        var first = Accept(await grain.Post("a", request, "once", [], null));
        Accept(await grain.Post("b", Request(), "more", [], null));
        await Deactivation.Of(grain);
        Assert.Equal(first, Accept(await grain.Post("a", request, "once", [], null)));
        Assert.Equal(2, (await grain.Read()).Count);
    }

    private IRows Rows => Cluster.Storage.GetRequiredService<IRows>();

    private IDocumentsGrain Documents(string person) => Cluster.Grains.GetGrain<IDocumentsGrain>(person);

    private static Task<Outcome<Attachment>> Attach(IDocumentsGrain grain, RequestKey request, byte[] content) =>
        grain.Attach(request, Subject, "text/plain", "terms", content);

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static RequestKey Request() => new(Guid.NewGuid(), Hash32.Keccak([1]));

    private static T Accept<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out var value, out var refusal) ? value : throw new InvalidOperationException($"{refusal}");
}
