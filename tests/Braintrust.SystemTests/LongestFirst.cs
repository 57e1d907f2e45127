using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Braintrust.Testing.LongestFirst", "Braintrust.SystemTests")]

namespace Braintrust.Testing;

/// <summary>The two collections that take minutes begin first: one that began last would have the machine to itself.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName is StoryCollection.Name or ProcessCollection.Name);
}
