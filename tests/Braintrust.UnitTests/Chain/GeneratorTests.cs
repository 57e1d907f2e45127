using System.Collections.Immutable;
using System.Reflection;
using Braintrust.Chain.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Braintrust.Chain;

/// <summary>The bindings generator on contracts made for it: what it writes compiles, works, and bad files say where.</summary>
public sealed class GeneratorTests
{
    private const string Odd = """
        {"abi":[
          {"type":"constructor","inputs":[{"name":"class","type":"uint24"},{"name":"","type":"string[2]"}]},
          {"type":"function","name":"set","stateMutability":"nonpayable","inputs":[{"name":"a","type":"uint8"}],"outputs":[]},
          {"type":"function","name":"set","stateMutability":"nonpayable","inputs":[{"name":"a","type":"uint8[]"}],"outputs":[]},
          {"type":"function","name":"set","stateMutability":"nonpayable","inputs":[],"outputs":[]},
          {"type":"function","name":"_MAX_VALUE","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"int40"},{"name":"","type":"bytes4"}]},
          {"type":"function","name":"item","stateMutability":"view","inputs":[{"name":"chain","type":"address"},{"name":"ct","type":"bool"}],
           "outputs":[{"name":"","type":"tuple[2][]","internalType":"struct Shop.Item[2][]","components":[
             {"name":"item","type":"bytes"},{"name":"Item","type":"int128"},{"name":"nested","type":"tuple","components":[{"name":"x","type":"string"}]}]}]},
          {"type":"event","name":"Topic","anonymous":false,"inputs":[
            {"name":"topic","type":"string","indexed":true},{"name":"to","type":"address","indexed":true},{"name":"data","type":"bytes","indexed":false}]},
          {"type":"function","name":"keep","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
          {"type":"function","name":"KEEP","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
          {"type":"event","name":"Hidden","anonymous":true,"inputs":[]},
          {"type":"error","name":"Odd","inputs":[{"name":"","type":"uint256"},{"name":"selector","type":"bytes31"}]},
          {"type":"receive","stateMutability":"payable"},{"type":"fallback","stateMutability":"payable"}
        ],"bytecode":"0x6001"}
        """;

    private static readonly Lazy<Assembly> OddAssembly = new(() => Load(("Odd.json", Odd)));

    [Fact]
    public void Selectors_of_overloads_are_told_apart_by_their_parameters()
    {
        var contract = OddAssembly.Value.GetType("Braintrust.Chain.Contracts.OddContract")!;
        Assert.Equal("set(uint8)", Signature("SetWithUint8"));
        Assert.Equal("set(uint8[])", Signature("SetWithUint8Array"));
        Assert.Equal("set()", Signature("SetWithNothing"));
        Assert.Equal("_MAX_VALUE()", Signature("MaxValue"));
        Assert.Equal("keep()", Signature("Keep"));
        Assert.Equal("KEEP()", Signature("KeepConstant"));
        Assert.Null(contract.GetNestedType("HiddenEvent"));

        object? Signature(string name) => contract.GetNestedType(name)!.GetField("Signature")!.GetRawConstantValue();
    }

    [Fact]
    public void Small_integers_get_small_types_and_tuples_their_solidity_names()
    {
        var contract = OddAssembly.Value.GetType("Braintrust.Chain.Contracts.OddContract")!;
        // The function item took the name Item; a member may not have the name of its type, nor two the same one.
        var item = contract.GetNestedType("ItemTuple")!;
        Assert.Equal(
            [("Item", typeof(byte[])), ("ItemValue", typeof(Int128)), ("Nested", contract.GetNestedType("Nested"))],
            item.GetProperties().Where(property => property.Name != "EqualityContract").Select(property => (property.Name, (Type?)property.PropertyType)));
        Assert.Equal([typeof(uint), typeof(ImmutableArray<string>)], contract.GetMethod("DeployData")!.GetParameters().Select(p => p.ParameterType));
        Assert.Equal(typeof((long, byte[])), contract.GetNestedType("MaxValue")!.GetMethod("Call")!.ReturnType.GetGenericArguments()[0]);
    }

    [Fact]
    public void Arrays_of_fixed_arrays_of_dynamic_tuples_survive_their_encoding()
    {
        var function = OddAssembly.Value.GetType("Braintrust.Chain.Contracts.OddContract")!.GetNestedType("Item")!;
        var types = new[] { AbiType.Parse("(bytes,int128,(string))[2][]") };
        object[] one = [new byte[] { 1 }, -5, new object[] { "x" }];
        object[] two = [new byte[33], 6, new object[] { "" }];
        var encoded = AbiCodec.Encode(types, [new object[] { new object[] { one, two }, new object[] { two, one } }]);
        var value = Decode(function, encoded);
        Assert.Equal(Hex.Of(encoded), Hex.Of((byte[])function.GetMethod("EncodeResult")!.Invoke(null, [value])!));
        Assert.Throws<AbiFormatException>(() => Decode(function, encoded[..^32]));
    }

    [Fact]
    public void A_string_in_a_topic_is_its_hash()
    {
        var topic = OddAssembly.Value.GetType("Braintrust.Chain.Contracts.OddContract")!.GetNestedType("TopicEvent")!;
        var hash = Hash32.Keccak("x"u8);
        var made = Activator.CreateInstance(topic, hash, DevelopmentKeys.Address(0), new byte[] { 7 })!;
        var (topics, data) = ((Hash32[], byte[]))topic.GetMethod("Encode")!.Invoke(made, [])!;
        Assert.Equal([Hash32.Keccak("Topic(string,address,bytes)"u8), hash], topics[..2]);
        Assert.Equal(AbiCodec.Encode([AbiType.Parse("bytes")], [new byte[] { 7 }]), data);
    }

    [Theory]
    [InlineData("{", 0, 1)]
    [InlineData("{\"abi\":[{\"type\":\"function\",\"name\":\"f\",\n\"inputs\":[{\"name\":\"a\",\"type\":\"uint7\"}]}]}", 1, 29)]
    [InlineData("{\"abi\":[{\"type\":\"function\",\"name\":\"f\",\"inputs\":[{\"name\":\"a\"}]}]}", 0, 48)]
    [InlineData("{\"abi\":[{\"type\":\"event\",\"name\":\"1x\",\"inputs\":[]}]}", 0, 8)]
    [InlineData("{\"abi\":[],\"bytecode\":\"0x60__$lib$__\"}", 0, 21)]
    [InlineData("{\"abi\":7}", 0, 7)]
    [InlineData("{}", 0, 0)]
    [InlineData("{\"abi\":[{\"type\":\"function\",\"name\":\"f\",\"inputs\":[{\"name\":\"a\",\"type\":\"tuple\",\"components\":[]}]}]}", 0, 48)]
    public void A_bad_file_is_a_diagnostic_that_points_into_it(string json, int line, int column)
    {
        var (diagnostics, _) = Run(("Bad.json", json));
        var bad = Assert.Single(diagnostics);
        Assert.Equal("BTC001", bad.Id);
        Assert.Equal((line, column), (bad.Location.GetLineSpan().StartLinePosition.Line, bad.Location.GetLineSpan().StartLinePosition.Character));
    }

    [Fact]
    public void A_file_name_that_is_no_name_is_a_diagnostic() =>
        Assert.Equal("BTC001", Assert.Single(Run(("not-a-name.json", "{\"abi\":[]}")).Diagnostics).Id);

    [Fact]
    public void An_unchanged_file_is_not_bound_again()
    {
        var file = new TextFile("Odd.json", Odd);
        var driver = Driver([file], track: true).RunGenerators(Empty());
        var again = driver.RunGenerators(Empty().AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Other;")));
        var reasons = again.GetRunResult().Results[0].TrackedOutputSteps.Values.SelectMany(steps => steps).SelectMany(step => step.Outputs);
        Assert.All(reasons, output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    /// <summary>Reflection cannot pass a span; a delegate of the right type can.</summary>
    private static object Decode(Type function, byte[] answer)
    {
        var decode = function.GetMethod("Decode")!;
        return typeof(GeneratorTests).GetMethod(nameof(DecodeAs), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(decode.ReturnType).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [decode, answer], null)!;
    }

    private static object DecodeAs<T>(MethodInfo decode, byte[] answer) => decode.CreateDelegate<AbiDecoder<T>>()(answer)!;

    private static Assembly Load((string Name, string Json) file)
    {
        var (diagnostics, compilation) = Run(file);
        Assert.Empty(diagnostics);
        using var stream = new MemoryStream();
        var emitted = compilation.Emit(stream);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics.Where(one => one.Severity >= DiagnosticSeverity.Warning)));
        return Assembly.Load(stream.ToArray());
    }

    private static (ImmutableArray<Diagnostic> Diagnostics, Compilation Compilation) Run((string Name, string Json) file)
    {
        Driver([new TextFile(file.Name, file.Json)]).RunGeneratorsAndUpdateCompilation(Empty(), out var compilation, out var diagnostics);
        return (diagnostics, compilation);
    }

    private static GeneratorDriver Driver(ImmutableArray<AdditionalText> files, bool track = false) => CSharpGeneratorDriver.Create(
        [new BindingsGenerator().AsSourceGenerator()], files, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, track));

    private static CSharpCompilation Empty() => CSharpCompilation.Create(
        "Generated", [],
        AppDomain.CurrentDomain.GetAssemblies().Where(one => !one.IsDynamic && one.Location.Length > 0)
            .Append(typeof(ImmutableArray).Assembly).Append(typeof(System.Numerics.BigInteger).Assembly).Distinct()
            .Where(one => one.GetName().Name is not "Braintrust.Chain.Generator")
            .Select(one => MetadataReference.CreateFromFile(one.Location)),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    private sealed class TextFile(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken ct = default) => SourceText.From(text);
    }
}
