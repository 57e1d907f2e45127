using System.Reflection;
using Braintrust.Accounts;
using Braintrust.Chain;

namespace Braintrust;

/// <summary>What is stored and sent is named by hand, so that classes can be renamed.</summary>
public sealed class NamesTests
{
    private static readonly Assembly[] Ours = [typeof(AccountState).Assembly, typeof(AccountGrain).Assembly];
    private static readonly Type[] Types = [.. Ours.SelectMany(assembly => assembly.GetTypes())];

    [Fact]
    public void No_two_states_share_a_name()
    {
        var names = Grains().SelectMany(StateNames).ToArray();
        string[] known =
        [
            "account/state",
            "anchor/state",
            "documents/state",
            "escrow/chain",
            "escrow/state",
            "job/state",
            "negotiation/state",
            "operation/state",
            "organisation/state", "relayer/state",
            "review/state",
            "talent/state",
            "thread/state",
        ];
        Assert.Equal(known, names.Order(StringComparer.Ordinal).ToArray());
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void A_state_is_named_after_its_grain() => Assert.All(
        Grains().SelectMany(grain => StateNames(grain).Select(name => (grain, name))),
        pair => Assert.StartsWith(pair.grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, null!) + "/", pair.name));

    [Fact]
    public void Every_grain_has_a_type_of_its_own()
    {
        Assert.All(Grains(), grain => Assert.True(grain.IsDefined(typeof(GrainTypeAttribute), false), grain.Name));
        Assert.NotEmpty(Grains());
    }

    [Fact]
    public void Every_grain_interface_and_method_has_an_alias()
    {
        var interfaces = Types.Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type)).ToArray();
        Assert.NotEmpty(interfaces);
        Assert.All(interfaces, type => Assert.True(type.IsDefined(typeof(AliasAttribute), false), type.Name));
        Assert.All(
            interfaces.SelectMany(type => type.GetMethods()),
            method => Assert.True(method.IsDefined(typeof(AliasAttribute), false), $"{method.DeclaringType!.Name}.{method.Name}"));
    }

    [Fact]
    public void Every_serialized_type_has_an_alias_and_its_members_have_ids()
    {
        var serialized = Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), false) && !type.IsEnum).ToArray();
        Assert.Contains(typeof(OperationState), serialized);
        Assert.All(serialized, type => Assert.True(type.IsDefined(typeof(AliasAttribute), false), type.Name));
        var aliases = serialized.Select(type => type.GetCustomAttribute<AliasAttribute>()!.Alias).ToArray();
        Assert.Equal(aliases.Distinct(), aliases);
    }

    private static IEnumerable<Type> Grains() =>
        Types.Where(type => typeof(Grain).IsAssignableFrom(type) && !type.IsAbstract);

    /// <summary>Named by constants, and by the attribute of injected states.</summary>
    private static IEnumerable<string> StateNames(Type grain) => grain
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field is { IsLiteral: true } && field.FieldType == typeof(string))
        .Select(field => (string)field.GetRawConstantValue()!)
        .Union(grain.GetConstructors().SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => parameter.GetCustomAttribute<PersistentStateAttribute>()?.StateName)
            .OfType<string>());
}
