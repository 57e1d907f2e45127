using System.Collections.Frozen;

namespace Braintrust.Accounts;

/// <summary>The cases follow the names of the vectors published with EIP-4361's reference implementation (spruceid/siwe).</summary>
public sealed class SiweMessageTests
{
    private const string Signer = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";

    private const string Whole =
        "service.org wants you to sign in with your Ethereum account:\n" + Signer + "\n\n"
        + "I accept the ServiceOrg Terms of Service: https://service.org/tos\n\n"
        + "URI: https://service.org/login\nVersion: 1\nChain ID: 1\nNonce: 32891757\nIssued At: 2021-09-30T16:25:24.000Z\n"
        + "Expiration Time: 2021-10-01T16:25:24Z\nNot Before: 2021-09-30T18:25:24+02:00\nRequest ID: some_id\n"
        + "Resources:\n- ipfs://Qme7ss3ARVgxv6rXqVPiikMJ8u2NLgmgszg13pYrDKEoiu\n- https://example.com/my-web2-claim.json";

    private static readonly FrozenSet<ulong> MainNet = new ulong[] { 1 }.ToFrozenSet();
    private static readonly DateTimeOffset Issued = new(2021, 9, 30, 16, 25, 24, TimeSpan.Zero);

    [Fact]
    public void Every_field_is_read()
    {
        var message = SiweMessage.Parse(Whole);

        Assert.NotNull(message);
        Assert.Equal("service.org", message.Domain);
        Assert.Equal(Signer, message.Address.ToString());
        Assert.Equal("I accept the ServiceOrg Terms of Service: https://service.org/tos", message.Statement);
        Assert.Equal("https://service.org/login", message.Uri);
        Assert.Equal(1ul, message.ChainId);
        Assert.Equal("32891757", message.Nonce);
        Assert.Equal(Issued, message.IssuedAt);
        Assert.Equal(Issued.AddDays(1), message.ExpirationTime);
        Assert.Equal(Issued, message.NotBefore);
        Assert.Equal("some_id", message.RequestId);
        Assert.Equal(2, message.Resources!.Value.Length);
    }

    [Theory]
    [InlineData("a scheme", "service.org wants", "https://service.org wants")]
    [InlineData("a port", "service.org wants", "127.0.0.1:8080 wants")]
    [InlineData("user information", "service.org wants", "test@127.0.0.1:8080 wants")]
    [InlineData("an IPv6 host", "service.org wants", "[2001:db8::7]:80 wants")]
    [InlineData("no statement", "I accept the ServiceOrg Terms of Service: https://service.org/tos\n", "")]
    [InlineData("no expiration", "Expiration Time: 2021-10-01T16:25:24Z\n", "")]
    [InlineData("no request id", "Request ID: some_id\n", "")]
    [InlineData("an empty request id", "Request ID: some_id", "Request ID: ")]
    [InlineData("a time with nanoseconds", "16:25:24.000Z", "16:25:24.123456789Z")]
    [InlineData("a URI with everything", "https://service.org/login", "uri://user:pass@example.com:123/one/two.three?q1=a1&q2=a2#body")]
    [InlineData("a URN", "https://service.org/login", "urn:isbn:0451450523")]
    public void What_the_grammar_allows_is_read(string what, string from, string to) =>
        Assert.True(SiweMessage.Parse(Replace(from, to)) is not null, what);

    [Theory]
    [InlineData("missing domain", "service.org wants", " wants")]
    [InlineData("a domain the DNS has no room for", "service.org wants", "not_rfc4501 wants")]
    [InlineData("a domain with a space", "service.org wants", "service .org wants")]
    [InlineData("a port out of range", "service.org wants", "service.org:70000 wants")]
    [InlineData("an empty port", "service.org wants", "service.org: wants")]
    [InlineData("a scheme that is none", "service.org wants", "1http://service.org wants")]
    [InlineData("missing address", Signer, "")]
    [InlineData("an address in one case", Signer, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")]
    [InlineData("an address with a wrong checksum", Signer, "0xc02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")]
    [InlineData("an extra line break", Signer + "\n\n", Signer + "\n\n\n")]
    [InlineData("a statement with a line break", "Service: https", "Service: \nhttps")]
    [InlineData("a statement with a carriage return", "Service: https", "Service:\rhttps")]
    [InlineData("a statement beyond ASCII", "I accept", "\u0406 accept")]
    [InlineData("missing URI", "URI: https://service.org/login\n", "")]
    [InlineData("a URI that is none", "https://service.org/login", "_not_a_rfc3986_valid_uri_")]
    [InlineData("a URI without a scheme", "https://service.org/login", "://service.org/login")]
    [InlineData("a URI with a space", "https://service.org/login", "https://service.org/log in")]
    [InlineData("a URI with half an escape", "https://service.org/login", "https://service.org/%4")]
    [InlineData("a URI with a bad IPv4 part", "https://service.org/login", "uri://[::0.0.0.256]/p")]
    [InlineData("a URI with a long IPv6 host", "https://service.org/login", "uri://[ffff:abcd:0:10:200:3000:f8a:1:ffff]")]
    [InlineData("a URI with a short IPv6 host", "https://service.org/login", "uri://[ffff:abcd:0:10:200:3000:f8a]")]
    [InlineData("a URI with a full IPv6 host and a gap", "https://service.org/login", "uri://[1:2:3:4:5:6:7:8::]")]
    [InlineData("an IPv4 host in brackets", "https://service.org/login", "uri://[127.0.0.1]/")]
    [InlineData("wrong version", "Version: 1", "Version: 2")]
    [InlineData("missing version", "Version: 1\n", "")]
    [InlineData("out of order", "Version: 1\nChain ID: 1", "Chain ID: 1\nVersion: 1")]
    [InlineData("a chain id that is none", "Chain ID: 1", "Chain ID: ?")]
    [InlineData("a chain id with a leading zero", "Chain ID: 1", "Chain ID: 01")]
    [InlineData("a chain id with a sign", "Chain ID: 1", "Chain ID: +1")]
    [InlineData("missing chain id", "Chain ID: 1\n", "")]
    [InlineData("missing nonce", "Nonce: 32891757\n", "")]
    [InlineData("a short nonce", "32891757", "1234567")]
    [InlineData("a nonce with other characters", "32891757", "3289-1757")]
    [InlineData("missing issue time", "Issued At: 2021-09-30T16:25:24.000Z\n", "")]
    [InlineData("a time in words", "2021-09-30T16:25:24.000Z", "Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)")]
    [InlineData("a day the calendar has not", "2021-09-30T16:25:24.000Z", "2021-02-30T16:25:24Z")]
    [InlineData("a time without its offset", "2021-09-30T16:25:24.000Z", "2021-09-30T16:25:24")]
    [InlineData("a time with an empty fraction", "16:25:24.000Z", "16:25:24.Z")]
    [InlineData("an expiration in words", "2021-10-01T16:25:24Z", "tomorrow")]
    [InlineData("optional fields out of order", "Request ID: some_id\nResources:", "Resources:\nRequest ID: some_id")]
    [InlineData("resources in one line", "DKEoiu\n- https", "DKEoiu - https")]
    [InlineData("a resource that is no URI", "- https://example.com/my-web2-claim.json", "- nothing")]
    [InlineData("text after the end", "claim.json", "claim.json\n")]
    [InlineData("Windows line ends", "\nVersion: 1\n", "\r\nVersion: 1\r\n")]
    public void What_the_grammar_does_not_allow_is_nothing(string what, string from, string to) =>
        Assert.True(SiweMessage.Parse(Replace(from, to)) is null, what);

    [Fact]
    public void A_message_written_is_the_message_read()
    {
        var message = SiweMessage.Parse(Whole)! with { Scheme = "https" };

        var again = SiweMessage.Parse(message.Format());

        Assert.NotNull(again);
        Assert.Equal(message.Format(), again.Format());
        Assert.Equal(message with { Resources = null }, again with { Resources = null });
        Assert.Equal(message.Resources!.Value.AsEnumerable(), again.Resources!.Value);
    }

    [Fact]
    public void A_text_too_long_is_not_read() =>
        Assert.Null(SiweMessage.Parse(Whole + "\n- https://example.com/" + new string('a', SiweMessage.LengthMax)));

    [Theory]
    [InlineData(0, null)]
    [InlineData(-31, "issued in the future")]
    [InlineData(-29, "not valid yet")]
    [InlineData(86_399, null)]
    [InlineData(86_400, "expired")]
    public void A_message_has_its_time(int secondsAfterIssue, string? trouble)
    {
        var refusal = SiweMessage.Parse(Whole)!.Check(
            "service.org", "https://service.org/login", MainNet, Issued.AddSeconds(secondsAfterIssue));

        Assert.Equal(trouble is null, refusal is null);
        Assert.Contains(trouble ?? "", refusal?.Message ?? "");
    }

    [Theory]
    [InlineData("service.com", "https://service.org/login", 1, RefusalCode.InvalidArgument)]
    [InlineData("service.org", "https://service.org/", 1, RefusalCode.InvalidArgument)]
    [InlineData("service.org", "https://service.org/login", 10, RefusalCode.ChainMismatch)]
    public void A_message_is_for_one_site_and_one_chain(string domain, string uri, int chain, RefusalCode code) =>
        Assert.Equal(code, SiweMessage.Parse(Whole)!.Check(domain, uri, new HashSet<ulong> { (ulong)chain }, Issued)!.Code);

    [Fact]
    public void A_message_by_another_scheme_than_its_URI_is_refused() =>
        Assert.NotNull((SiweMessage.Parse(Whole)! with { Scheme = "http" }).Check("service.org", "https://service.org/login", MainNet, Issued));

    private static string Replace(string from, string to)
    {
        Assert.Contains(from, Whole);
        return Whole.Replace(from, to, StringComparison.Ordinal);
    }
}
