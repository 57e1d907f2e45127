namespace Braintrust.Testing;

/// <summary>Tests with servers of their own run one after another, the stories beside the rest: two at a time are what two cores carry.</summary>
[CollectionDefinition(Name)]
public sealed class ProcessCollection
{
    public const string Name = "Processes";
}
