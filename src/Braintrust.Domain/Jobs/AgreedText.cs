using System.Globalization;
using System.Text;

namespace Braintrust.Jobs;

/// <summary>
/// What both sides agree on besides the terms, as canonical JSON (RFC 8785) of strings. Its keccak-256 stands in the
/// terms as <c>documents</c>, so that a signature covers it, the pinned exchange rate included.
/// </summary>
public static class AgreedText
{
    public const string Version = "1";

    public static Hash32 Hash(string negotiation, string job, string text, IEnumerable<Hash32> attachments, OfferPrice price) =>
        Hash32.Keccak(Encoding.UTF8.GetBytes(Write(negotiation, job, text, attachments, price)));

    public static string Write(
        string negotiation, string job, string text, IEnumerable<Hash32> attachments, OfferPrice price) => CanonicalJson.Object(
        ("version", CanonicalJson.Text(Version)),
        ("negotiation", CanonicalJson.Text("negotiations/" + negotiation)),
        ("job", CanonicalJson.Text("jobs/" + job)),
        ("text", CanonicalJson.Text(text)),
        ("attachments", CanonicalJson.Array(attachments.Select(hash => CanonicalJson.Text(hash.ToString())))),
        ("fiat_amounts", price.FiatAmounts.IsEmpty
            ? null
            : CanonicalJson.Array(price.FiatAmounts.Select(sum => CanonicalJson.Text(sum.ToString())))),
        ("hours_per_week", price.HoursPerWeek == 0
            ? null
            : CanonicalJson.Text(price.HoursPerWeek.ToString(CultureInfo.InvariantCulture))),
        ("hourly_rate", price.HoursPerWeek == 0 ? null : CanonicalJson.Text(price.Rate.ToString())),
        ("quote", price.Quote is { } quote ? Write(quote) : null));

    private static string Write(Quote quote) => CanonicalJson.Object(
        ("currency", CanonicalJson.Text(quote.Currency)),
        ("token", CanonicalJson.Text(quote.Token.ToString())),
        ("rate", CanonicalJson.Text(quote.Rate)),
        ("time", CanonicalJson.Text(Time(quote.At))),
        ("source", CanonicalJson.Text(quote.Source)),
        ("expire_time", CanonicalJson.Text(Time(quote.ExpiresAt))));

    /// <summary>RFC 3339 in UTC, to the millisecond.</summary>
    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
