using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Storage;

public sealed class StateSerializerTests
{
    private static readonly Address Ann = Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");

    private static readonly Everything Full = new(
        "ann", Ann, Hash32.Keccak([1]), new Amount(UInt128.MaxValue), UInt128.MaxValue, ulong.MaxValue, new BlockTime(17),
        Shade.Dark, new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero), [1, 2], null)
    {
        Many = [new("x"), new("y")],
        ByWallet = ImmutableDictionary<Address, Amount>.Empty.Add(Ann, new Amount(5)),
        ByNumber = ImmutableSortedDictionary<ulong, Hash32>.Empty.Add(7, Hash32.Keccak([2])),
        Wallets = [Ann],
    };

    [Fact]
    public void A_state_comes_back_as_it_was()
    {
        var payload = StateSerializer.Serialize(Full);
        var back = StateSerializer.Deserialize<Everything>(payload);
        Assert.Equal(payload, StateSerializer.Serialize(back));
        Assert.Equal((Full.Wallet, Full.Hash, Full.Price, Full.Wide, Full.Long, Full.At, Full.Shade, Full.Opened),
            (back.Wallet, back.Hash, back.Price, back.Wide, back.Long, back.At, back.Shade, back.Opened));
        Assert.Equal(Full.Many.AsEnumerable(), back.Many.AsEnumerable());
        Assert.Equal(Full.ByWallet, back.ByWallet);
        Assert.Equal(Full.ByNumber, back.ByNumber);
        Assert.True(back.Unset.IsDefault);
    }

    [Fact]
    public void The_states_of_the_domain_come_back()
    {
        var account = new AccountState { Version = 3, Wallets = [Ann], OpenedAt = Full.Opened };
        var read = StateSerializer.Deserialize<AccountState>(StateSerializer.Serialize(account));
        Assert.Equal((3, Ann, Full.Opened), (read.Version, Assert.Single(read.Wallets), read.OpenedAt));

        var operation = new OperationState { ChainId = ulong.MaxValue, Status = OperationStatus.Reorged, Nonce = 9 };
        Assert.Equal(operation, StateSerializer.Deserialize<OperationState>(StateSerializer.Serialize(operation)));
    }

    [Fact]
    public void A_signed_offer_comes_back_to_the_last_field()
    {
        var nonce = BigInteger.Pow(2, 256) - 1;
        var terms = new Terms
        {
            Nonce = nonce, Sequence = 7, Previous = Hash32.Keccak([1]), Employer = Ann, Manager = Ann, Talent = Ann, Payout = Ann,
            Token = Ann, PolicyVersion = 3, FeeBps = 1_500, Origin = Ann, OriginBps = 8, ReviewWindow = 9,
            ReworkTime = 10, RevisionsMax = 7, Court = Ann, CourtRules = nonce, CaseTime = 11, FallbackTalentBps = 12, ValidUntil = ulong.MaxValue, Documents = Hash32.Keccak([2]),
            Amounts = [new Amount(UInt128.MaxValue)], WorkTimes = [uint.MaxValue],
        };
        var offer = new SignedTerms(terms, Hash32.Keccak([3]), [4, 5]);
        var payload = StateSerializer.Serialize(offer);
        var back = StateSerializer.Deserialize<SignedTerms>(payload);
        Assert.Equal(payload, StateSerializer.Serialize(back));
        Assert.Equal((nonce, new BigInteger(7), nonce, offer.Agreement), (back.Terms.Nonce, back.Terms.Sequence, back.Terms.CourtRules, back.Agreement));
    }

    [Fact]
    public void A_payload_names_its_schema_and_no_class()
    {
        var json = Encoding.UTF8.GetString(StateSerializer.Serialize(Full));
        Assert.StartsWith("""{"schemaVersion":1,"state":{"name":"ann",""", json);
        Assert.Contains("\"wallet\":\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"", json);
        Assert.Contains("\"wide\":\"340282366920938463463374607431768211455\"", json);
        Assert.Contains("\"long\":\"18446744073709551615\",\"at\":17,\"shade\":\"Dark\"", json);
        Assert.DoesNotContain("$type", json);
        Assert.DoesNotContain("computed", json);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"state":{},"schemaVersion":1}""")]
    [InlineData("""{"schemaVersion":0,"state":{}}""")]
    [InlineData("""{"schemaVersion":2,"state":{}}""")]
    [InlineData("""{"schemaVersion":1,"state":null}""")]
    [InlineData("""{"schemaVersion":1,"state":{"text":"x","renamed":1}}""")]
    [InlineData("""{"schemaVersion":1,"state":{"text":"x""")]
    public void What_is_not_a_payload_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => StateSerializer.Deserialize<Item>(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("\"wallet\":\"0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"")]
    [InlineData("\"price\":\"-1\"")]
    [InlineData("\"price\":\"340282366920938463463374607431768211456\"")]
    [InlineData("\"hash\":\"0x12\"")]
    [InlineData("\"long\":\"18446744073709551616\"")]
    [InlineData("\"wide\":\" 1\"")]
    public void A_malformed_value_is_refused(string property)
    {
        var payload = Encoding.UTF8.GetBytes("{\"schemaVersion\":1,\"state\":{" + property + "}}");
        Assert.ThrowsAny<JsonException>(() => StateSerializer.Deserialize<Everything>(payload));
    }

    [Fact]
    public void Older_payloads_are_upgraded_step_by_step()
    {
        ImmutableArray<Func<JsonNode, JsonNode>> steps =
        [
            one => new JsonObject { ["title"] = (string?)one["name"] },
            two => new JsonObject { ["text"] = (string?)two["title"] + "!" },
        ];

        Assert.Equal("a!", Read("""{"schemaVersion":1,"state":{"name":"a"}}"""));
        Assert.Equal("a!", Read("""{"schemaVersion":2,"state":{"title":"a"}}"""));
        Assert.Equal("a", Read("""{"schemaVersion":3,"state":{"text":"a"}}"""));

        string Read(string json) => StateSerializer.Deserialize<Item>(Encoding.UTF8.GetBytes(json), steps).Text;
    }

    public enum Shade
    {
        Light,
        Dark,
    }

    public sealed record Item(string Text);

    public sealed record Everything(
        string Name, Address Wallet, Hash32 Hash, Amount Price, UInt128 Wide, ulong Long, BlockTime At, Shade Shade,
        DateTimeOffset Opened, byte[] Raw, Item? Missing)
    {
        public ImmutableArray<Item> Many { get; init; } = [];
        public ImmutableArray<Item> Unset { get; init; }
        public ImmutableDictionary<Address, Amount> ByWallet { get; init; } = ImmutableDictionary<Address, Amount>.Empty;
        public ImmutableSortedDictionary<ulong, Hash32> ByNumber { get; init; } =
            ImmutableSortedDictionary<ulong, Hash32>.Empty;
        public ImmutableHashSet<Address> Wallets { get; init; } = [];
        public int Computed => Many.Length;
    }
}
