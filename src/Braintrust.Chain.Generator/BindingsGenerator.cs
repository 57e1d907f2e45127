using System.IO;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Braintrust.Chain.Generator;

/// <summary>
/// Turns every additional file *.json, a contract artifact {abi, bytecode}, into
/// <c>Braintrust.Chain.Contracts.{FileName}Contract</c>.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class BindingsGenerator : IIncrementalGenerator
{
    private static readonly DiagnosticDescriptor BadFile = new(
        "BTC001", "The contract artifact cannot be bound", "{0}", "Contracts", DiagnosticSeverity.Error, isEnabledByDefault: true);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var artifacts = context.AdditionalTextsProvider
            .Where(static file => Path.GetExtension(file.Path) == ".json")
            .Select(static (file, ct) => (file.Path, Text: file.GetText(ct)?.ToString() ?? ""));
        context.RegisterSourceOutput(artifacts, static (output, artifact) => Generate(output, artifact.Path, artifact.Text));
    }

    private static void Generate(SourceProductionContext output, string path, string text)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        try
        {
            if (!Names.IsIdentifier(name)) throw new BadFileException($"'{name}' is no name for a contract", 0);
            output.AddSource($"{name}Contract.g.cs", ContractEmitter.Emit(name, text));
        }
        catch (BadFileException bad)
        {
            var lines = SourceText.From(text).Lines;
            var at = lines.GetLinePosition(System.Math.Min(bad.At, text.Length));
            var place = Location.Create(path, new TextSpan(bad.At, 0), new LinePositionSpan(at, at));
            output.ReportDiagnostic(Diagnostic.Create(BadFile, place, bad.Message));
        }
    }
}
