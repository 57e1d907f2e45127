using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

[BindServiceMethod(typeof(WatchBinding), nameof(WatchBinding.BindService))]
public sealed class WatchService(
    WatchHub hub, WatchSources sources, ResumeTokens tokens, Callers callers, WatchOptions options, TimeProvider clock)
    : V1.WatchService.WatchServiceBase
{
    public override async Task Watch(
        V1.WatchRequest request, IServerStreamWriter<V1.WatchResponse> responseStream, ServerCallContext context)
    {
        var subjects = Subjects(request);
        var caller = await callers.Of(context);
        var told = request.ResumeToken.Length == 0 ? [] : tokens.Open(caller.AccountId, request.ResumeToken).OrThrow();
        var found = await Task.WhenAll(subjects.Select((subject, i) => sources.Find(subject, $"subjects[{i}]", caller)));
        var opening = new WatchOpening(caller, AccessInterceptor.SessionOf(context), found, sources.Account(caller.AccountId), told);
        using var stream = new WatchStream(opening, hub, tokens, AccessInterceptor.StreamOf(context), options, clock);
        await stream.Run(responseStream, context.CancellationToken);
    }

    private static IReadOnlyCollection<string> Subjects(V1.WatchRequest request)
    {
        Wire.Count((uint)request.Subjects.Count, "subjects", 1, WatchOptions.SubjectsMax);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var subject in request.Subjects)
            if (!seen.Add(subject)) throw Wire.Bad("subjects", "Every subject once.");
        return request.Subjects;
    }
}
