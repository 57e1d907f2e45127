using Braintrust.Disputes;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

public sealed partial class WatchSources
{
    private async Task<WatchSource> Dispute(string subject, string field, Caller caller)
    {
        var (chain, caseId) = Wire.ChainName(subject, DisputesWire.Collection, field);
        Followed(chain, field);
        var seen = Visible(await grains.GetGrain<ICaseGrain>(Wire.Key(chain, caseId)).Read(caller), field);
        return Case(chain, caseId, seen.Version);
    }

    private WatchSource Case(ulong chain, Hash32 caseId, ViewVersion seen)
    {
        var (subject, grain) = (DisputesWire.Name(chain, caseId), grains.GetGrain<ICaseGrain>(Wire.Key(chain, caseId)));
        return new WatchSource(subject, seen, ct => Map(grain.Watch(ct), view => new Published(
            new V1.Update { Subject = subject, Dispute = DisputesWire.Dispute(view) }, view.Version, view.Retractions)));
    }

    private WatchSource Arbiter(string subject, string field)
    {
        var (chain, account) = DisputesWire.Arbiter(subject, field);
        Followed(chain, field);
        var grain = grains.GetGrain<IArbiterGrain>(ArbiterKey.Of(chain, account));
        return new WatchSource(subject, default, ct => Map(grain.Watch(ct), view => new Published(
            new V1.Update { Subject = subject, Arbiter = DisputesWire.Arbiter(view) }, view.Version, view.Retractions)));
    }

    /// <summary>Who reads because of a seat stops with the case.</summary>
    private WatchGuard Panel(string subject, string field)
    {
        var (chain, caseId) = Wire.ChainName(subject, DisputesWire.Collection, field);
        return new WatchGuard(Case(chain, caseId, default), value => value.IsLivingCase);
    }
}
