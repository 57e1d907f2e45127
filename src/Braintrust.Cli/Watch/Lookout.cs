using Braintrust.Accounts;
using Braintrust.Api.Watch;
using Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

/// <summary>Somebody who watches beside a story and tells what it sees, until it is disposed of.</summary>
public sealed class Lookout : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly Task _looking;

    public Lookout(Person person, Timeline timeline, params string[] subjects) => _looking = Look(person, timeline, subjects);

    /// <exception cref="Grpc.Core.RpcException">The watch was refused.</exception>
    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        try
        {
            await _looking;
        }
        catch (OperationCanceledException)
        {
            // That was the way to end it.
        }

        _done.Dispose();
    }

    private async Task Look(Person person, Timeline timeline, string[] subjects)
    {
        var told = "";
        await foreach (var message in person.Server.Watches.Resumed(
            subjects, () => person.Headers, policy: person.Server.Policy, ct: _done.Token))
        {
            if (message.Update is not { } update || Line(update) is not { } line || line == told) continue;
            told = line;
            timeline.Tell(Tale.Watch, person.Name, "  sees " + line, ("subject", update.Subject));
        }
    }

    private static string? Line(Update update) => update.ValueCase switch
    {
        Update.ValueOneofCase.Job =>
            $"the job: {update.Job.Phase}, bids {update.Job.BidCount}, positions taken {update.Job.PositionsTaken} of {update.Job.Positions}",
        Update.ValueOneofCase.Negotiation => $"the negotiation: {update.Negotiation.Phase}, offers {update.Negotiation.Offers.Count}",
        _ => null,
    };
}
