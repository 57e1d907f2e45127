namespace Braintrust.Testing;

/// <summary>Tests with servers of their own run one after another: each is as heavy as a machine's only server.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    public const string Name = "Processes";
}
