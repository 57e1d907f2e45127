namespace Braintrust.Testing;

/// <summary>The stories that a server is taken through whole, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class StoryCollection
{
    public const string Name = "Stories";
}
