using Xunit.Abstractions;

namespace Braintrust.Jobs;

/// <summary>
/// Several negotiations about one job, with everything that can go wrong between the two grains: messages are lost,
/// repeated, late and out of order, activations die in the middle of an acceptance and their last write may still arrive.
/// </summary>
public sealed class NegotiationModelTests(ITestOutputHelper output)
{
    private const int Steps = 400;

    [Fact]
    public void At_most_one_agreement_each_and_never_more_than_there_are_positions()
    {
        var seed = (int)Seeded.Seed();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var (agreed, funded, lapsed) = (0, 0, 0);
        for (var run = 0; run < 100; run++)
        {
            var world = new World(new Random(random.Next()), negotiations: 6, positions: 1 + run % 3);
            for (var step = 0; step < Steps; step++)
            {
                world.Step();
                world.Check();
            }

            world.Drain();
            agreed += world.Agreed;
            funded += world.Funded.Count;
            lapsed += world.Lapsed;
        }

        // The run is worth nothing when the interesting things did not happen.
        Assert.True(agreed > 50 && funded > 5 && lapsed > 5, $"{agreed} agreed, {funded} funded, {lapsed} lapsed");
    }

    /// <summary>An acceptance between its reservation and its write. Lost ones belong to a dead activation.</summary>
    private sealed record Underway(string Id, Side Side, Hash32 Offer, Reservation Wanted)
    {
        public bool Reserved { get; set; }
        public long? LostAt { get; set; }
    }

    private sealed class World
    {
        private readonly Random _random;
        private readonly Dictionary<string, NegotiationState> _negotiations = [];
        private readonly List<Underway> _underway = [];
        private readonly List<Action> _late = [];
        private JobState _job;
        private DateTimeOffset _now = Sample.Now;

        public World(Random random, int negotiations, int positions)
        {
            _random = random;
            _job = Sample.Open with { Content = Sample.Content with { Positions = positions } };
            for (var i = 0; i < negotiations; i++) _negotiations["n" + i] = Sample.Opened;
        }

        public Dictionary<string, Hash32> Funded { get; } = [];
        public int Agreed { get; private set; }
        public int Lapsed { get; private set; }

        private ulong Seconds => (ulong)_now.ToUnixTimeSeconds();

        public void Step()
        {
            var id = Pick();
            switch (_random.Next(14))
            {
                case <= 2: Offer(id); break;
                case <= 4: BeginAccept(id); break;
                case <= 6: Reserve(); break;
                case <= 8: FinishAccept(); break;
                case 9: Crash(id); break;
                case 10: Deliver(); break;
                case 11: End(id); break;
                case 12: Sign(id); break;
                default: Pass(id); break;
            }
        }

        public void Check()
        {
            Assert.InRange(_job.Reservations.Count, 0, _job.Content!.Positions);
            foreach (var (id, negotiation) in _negotiations)
            {
                if (negotiation.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed)
                    Assert.True(_job.Reservations.ContainsKey(id), $"{id} is {negotiation.Phase} and holds no position");
                if (!Funded.TryGetValue(id, out var hash)) continue;
                Assert.Equal(hash, negotiation.Accepted?.Hash);
                Assert.NotEqual(NegotiationPhase.Lapsed, negotiation.Phase);
            }
        }

        /// <summary>When everything is quiet, the job can tell exactly who holds a position.</summary>
        public void Drain()
        {
            foreach (var accept in _underway.ToArray()) _underway.Remove(accept);
            foreach (var message in _late) message();
            Sweep();
            Assert.Equal(
                _negotiations.Where(n => n.Value.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed).Select(n => n.Key).Order(),
                _job.Reservations.Keys.Order());
            Assert.Equal(Funded.Keys.Order(), _job.Reservations.Values.Where(held => held.Funded).Select(held => held.Negotiation).Order());
        }

        /// <summary>One that is not over, mostly; for each that is over another one opens.</summary>
        private string Pick()
        {
            var going = _negotiations.Where(n => !Funded.ContainsKey(n.Key)
                && n.Value.Phase is NegotiationPhase.Open or NegotiationPhase.Agreed or NegotiationPhase.Signed).Select(n => n.Key).ToArray();
            if (going.Length < 4) _negotiations["n" + _negotiations.Count] = Sample.Opened;
            return going.Length > 0 && _random.Next(8) > 0 ? going[_random.Next(going.Length)] : "n" + _random.Next(_negotiations.Count);
        }

        private void Offer(string id)
        {
            var negotiation = _negotiations[id];
            var previous = _random.Next(8) == 0 ? Hash32.Keccak([1]) : negotiation.Newest?.Hash ?? default;
            var draft = Sample.Drafted(Sample.Fixed, [(ulong)_random.Next(1, 100)], previous);
            draft = draft with
            {
                ExpiresAt = _now.AddHours(_random.Next(1, 24)),
                Terms = draft.Terms with { ValidUntil = Seconds + (ulong)_random.Next(24, 72) * 3_600 },
            };
            if (NegotiationRules.MakeOffer(negotiation, id, Side(), "m", draft, Sample.Contract, _now).Accepted(out var next, out _))
                _negotiations[id] = next;
        }

        private void BeginAccept(string id)
        {
            var (negotiation, side) = (_negotiations[id], Side());
            var offers = negotiation.Offers;
            if (offers.IsEmpty || negotiation.Phase != NegotiationPhase.Open) return;
            var offer = offers[_random.Next(4) == 0 ? _random.Next(offers.Length) : offers.Length - 1];
            if (NegotiationRules.CheckAccept(negotiation, side, offer.Hash, _now) is not null) return;
            _underway.Add(new Underway(id, side, offer.Hash, Sample.Reservation(id, negotiation.Epoch, offer.Terms.ValidUntil)));
        }

        /// <summary>The request reaches the job; its answer may be lost, and it may arrive once more later.</summary>
        private void Reserve()
        {
            if (Some(accept => !accept.Reserved) is not { } accept) return;
            if (_random.Next(4) == 0) _late.Add(() => Take(accept.Wanted));
            if (_random.Next(6) == 0) return;
            var taken = Take(accept.Wanted);
            if (taken.IsRefused)
            {
                Sweep();
                taken = Take(accept.Wanted);
            }

            if (taken.IsRefused) _underway.Remove(accept);
            else if (_random.Next(6) == 0) _underway.Remove(accept);
            else accept.Reserved = true;
        }

        private void FinishAccept()
        {
            if (Some(accept => accept.Reserved) is not { } accept) return;
            _underway.Remove(accept);
            var negotiation = _negotiations[accept.Id];
            // A dead activation's write carries the version it read: storage refuses it once another has written.
            if (accept.LostAt is { } version && version != negotiation.Version) return;
            var outcome = NegotiationRules.Accept(negotiation, accept.Side, accept.Offer, accept.Wanted.Epoch, _now);
            if (outcome.Accepted(out var next, out _))
            {
                if (next.Phase != negotiation.Phase) Agreed++;
                _negotiations[accept.Id] = next;
            }
            else if (accept.LostAt is null && Claim(accept.Id) == PositionClaim.None)
            {
                GiveBack(accept.Id, accept.Wanted.Epoch);
            }
        }

        private void Crash(string id)
        {
            foreach (var accept in _underway.Where(accept => accept.Id == id)) accept.LostAt ??= _negotiations[id].Version;
        }

        private void Deliver()
        {
            if (_late.Count == 0) return;
            var at = _random.Next(_late.Count);
            var message = _late[at];
            _late.RemoveAt(at);
            message();
        }

        private void End(string id)
        {
            if (_random.Next(3) > 0) return;
            if (!NegotiationRules.Withdraw(_negotiations[id], Side(), "", _now).Accepted(out var next, out _)) return;
            _negotiations[id] = next;
            GiveBack(id, next.Epoch);
        }

        private void Sign(string id)
        {
            var negotiation = _negotiations[id];
            if (negotiation.Accepted is not { } accepted || Seconds > accepted.Terms.ValidUntil) return;
            if (NegotiationRules.Sign(negotiation, accepted.Hash, [1], _now).Accepted(out var next, out _)) _negotiations[id] = next;
        }

        private void Pass(string id)
        {
            if (_negotiations[id] is { Phase: NegotiationPhase.Signed, Newest: { } signed } && Seconds <= signed.Terms.ValidUntil)
                Fund(id, signed.Hash);
            else _now = _now.AddHours(_random.Next(12));
        }

        /// <summary>A funded position is taken for good; the employer then hires for one more.</summary>
        private void Fund(string id, Hash32 hash)
        {
            if (!Funded.TryAdd(id, hash)) return;
            var positions = _job.Content!.Positions;
            if (positions < JobContent.PositionsMax)
                _job = Sample.Accept(JobRules.Update(_job, new JobPatch { Positions = positions + 1 }, null, _now));
        }

        private PositionClaim Claim(string id)
        {
            if (_underway.Any(accept => accept.Id == id && accept.LostAt is null)) return PositionClaim.Held;
            var negotiation = _negotiations[id];
            if (negotiation.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed)
            {
                if (Funded.ContainsKey(id)) return PositionClaim.Funded;
                if (Seconds <= negotiation.Accepted!.Terms.ValidUntil) return PositionClaim.Held;
                _negotiations[id] = Sample.Accept(NegotiationRules.Lapse(negotiation, _now));
                Lapsed++;
            }
            else if (negotiation.Phase == NegotiationPhase.Open)
            {
                _negotiations[id] = Sample.Accept(NegotiationRules.Disclaim(negotiation, _now));
            }

            return PositionClaim.None;
        }

        private void Sweep()
        {
            foreach (var held in _job.Reservations.Values)
                _job = Sample.Accept(PositionRules.Settle(_job, held, Claim(held.Negotiation)));
        }

        private void GiveBack(string id, long epoch)
        {
            void Deliver() => _job = Sample.Accept(PositionRules.GiveBack(_job, id, epoch));
            if (_random.Next(3) == 0) _late.Add(Deliver);
            if (_random.Next(3) > 0) Deliver();
        }

        private Outcome<JobState> Take(Reservation wanted)
        {
            var outcome = PositionRules.Reserve(_job, wanted);
            if (outcome.Accepted(out var next, out _)) _job = next;
            return outcome;
        }

        private Underway? Some(Func<Underway, bool> which)
        {
            var found = _underway.Where(which).ToArray();
            return found.Length == 0 ? null : found[_random.Next(found.Length)];
        }

        private Side Side() => _random.Next(2) == 0 ? Jobs.Side.Employer : Jobs.Side.Talent;
    }
}
