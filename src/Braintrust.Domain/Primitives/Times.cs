namespace Braintrust;

public static class Times
{
    /// <summary>
    /// The time as rows keep it, to the millisecond: what is answered from memory and what is read back are then the same.
    /// </summary>
    public static DateTimeOffset Stored(this DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
