using Orleans.Core.Internal;

namespace Braintrust;

internal static class Deactivation
{
    /// <summary>Asks a grain's activation to go; the next call makes a new one.</summary>
    public static async Task Of(IAddressable grain) =>
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
}
