using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Benchmarks;

/// <summary>Terms that the talent signed.</summary>
internal sealed record SignedOffer(Law.Terms Terms, byte[] Signature);

/// <summary>
/// Makes agreements happen on a development node, which sends for accounts it holds (or all, with auto-impersonation), so
/// that only the talents' signatures of the terms are needed. Every action is one transaction and one log.
/// </summary>
internal sealed class AgreementWriter(Uri node) : IDisposable
{
    public const int Milestones = 4;
    public const int Actions = 1 + 2 * Milestones;
    public const ushort FeeBps = 1_500;
    private const int CallsAtOnce = 250;
    private const uint Day = 86_400;

    private readonly HttpClient _http = new();

    public Address Escrow { get; set; }

    public Address Token { get; set; }

    public void Dispose() => _http.Dispose();

    /// <param name="now">Block time, seconds.</param>
    public async Task<SignedOffer> Offer(int nonce, Address employer, LocalSigner talent, ulong now, Random random)
    {
        var amounts = Enumerable.Range(0, Milestones)
            .Select(_ => new Amount((UInt128)random.NextInt64(1_000_000_000_000_000, 1_000_000_000_000_000_000))).ToArray();
        var terms = new Terms
        {
            Nonce = nonce, Sequence = 0, Previous = default, Employer = employer, Manager = employer, Talent = talent.Address,
            Payout = talent.Address, Token = Token, PolicyVersion = 1, FeeBps = FeeBps, Origin = default, OriginBps = 0,
            ReviewWindow = 7 * Day, ReworkTime = 7 * Day, RevisionsMax = 2, Court = default, CourtRules = 0, CaseTime = 0, FallbackTalentBps = 5_000, ValidUntil = now + 20 * Day,
            Documents = Hash32.Keccak(BitConverter.GetBytes(nonce)), Amounts = [.. amounts], WorkTimes = [.. amounts.Select(_ => 30 * Day)],
        };
        return new SignedOffer(EscrowCalls.Of(terms), await talent.Sign(TermsHash.Of(terms, DevelopmentKeys.ChainId, Escrow), default));
    }

    /// <summary>Action 0 funds all milestones; then each is delivered and released.</summary>
    public JsonObject Act(SignedOffer offer, int action)
    {
        var (terms, milestone) = (offer.Terms, (action - 1) / 2);
        if (action == 0) return Send(terms.Employer, Escrow, Law.Fund.Encode(terms, offer.Signature, Milestones));
        var amount = terms.Amounts[milestone];
        return action % 2 == 1
            ? Send(terms.Talent, Escrow, Law.Submit.Encode(terms, milestone, amount, Hash32.Keccak([(byte)action])))
            : Send(terms.Employer, Escrow, Law.Release.Encode(terms, milestone, amount));
    }

    /// <summary>A call that sends a transaction; the node chooses the nonce unless one is added.</summary>
    public static JsonObject Send(Address from, Address? to, byte[] data)
    {
        var transaction = new JsonObject
        {
            ["from"] = from.ToString(), ["data"] = Hex.Of(data), ["gas"] = to is null ? "0x989680" : "0x7a120",
        };
        if (to is { } contract) transaction["to"] = contract.ToString();
        return Call("eth_sendTransaction", transaction);
    }

    public static JsonObject Call(string method, params JsonNode[] parameters) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new JsonArray([.. parameters]) };

    /// <exception cref="InvalidOperationException">The node refused a call.</exception>
    public async Task Ask(params IEnumerable<JsonObject> calls)
    {
        foreach (var some in calls.Chunk(CallsAtOnce))
        {
            var body = new JsonArray([.. some]).ToJsonString();
            using var answer = await _http.PostAsync(node, new StringContent(body, Encoding.UTF8, "application/json"));
            var results = JsonNode.Parse(await answer.Content.ReadAsStreamAsync())!.AsArray();
            if (results.FirstOrDefault(result => result!["error"] is not null) is { } refused)
                throw new InvalidOperationException($"The node refused: {refused["error"]!.ToJsonString()}");
        }
    }
}
