using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Braintrust;

/// <summary>Which fields of a resource an update writes. Source: AIP-134 (update_mask) and AIP-161.</summary>
public static class Masks
{
    /// <summary>The named fields; all of them for "*"; without a mask those that are not empty.</summary>
    /// <param name="allowed">Names of the resource's own fields that may be written.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: a path that may not be written, or nothing to write.</exception>
    public static FrozenSet<string> Read(FieldMask? mask, IMessage resource, params string[] allowed)
    {
        var paths = mask?.Paths ?? [];
        if (paths.Count == 1 && paths[0] == "*") return allowed.ToFrozenSet();
        var written = paths.Count == 0 ? allowed.Where(name => IsSet(resource, name)) : paths;
        var fields = written.ToFrozenSet();
        if (fields.Any(path => !allowed.Contains(path)))
            throw Wire.Bad("update_mask", $"What can be written: {string.Join(", ", allowed)}.");
        return fields.Count > 0 ? fields : throw Wire.Bad("update_mask", "Nothing is to be written.");
    }

    private static bool IsSet(IMessage resource, string name)
    {
        var field = resource.Descriptor.FindFieldByName(name);
        if (field.HasPresence) return field.Accessor.HasValue(resource);
        return field.Accessor.GetValue(resource) switch
        {
            System.Collections.ICollection items => items.Count > 0,
            string text => text.Length > 0,
            var value => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture) != 0,
        };
    }
}
