// The sums of every agreement, from the escrow's logs alone. Prices, fees and shares are computed anew from the terms and
// held against what the logs say; every difference is told, none is corrected.
import { nameOf, negotiationOf } from './law.mjs';

const BPS = 10_000n;
const share = (amount, bps) => amount * BigInt(bps) / BPS;
const NONE = 0n;

/** Replays decoded logs in their order: {agreements, tokens, credits, differences}. */
export function replay(logs, chainId, escrow) {
  const books = { chainId, escrow, agreements: new Map(), tokens: new Map(), credits: new Map(), differences: [] };
  for (const log of logs) {
    const enter = entries[log.eventName];
    if (!enter) continue;
    books.at = `${log.eventName} in block ${log.blockNumber}, log ${log.logIndex}`;
    try {
      enter(books, log.args);
    } catch (error) {
      books.differences.push(`${books.at}: ${error.message}`);
    }
  }
  return books;
}

/** What the escrow must own of a token: what is held, fees not swept, credits not taken. */
export function owed(books, token) {
  let sum = tokenOf(books, token).kept;
  for (const agreement of books.agreements.values()) if (agreement.terms.token === token) sum += agreement.held;
  for (const [key, amount] of books.credits) if (key.endsWith(token)) sum += amount;
  return sum;
}

export function tokenOf({ tokens }, token) {
  if (!tokens.has(token)) tokens.set(token, { kept: NONE, lastSerial: NONE, sweptSerial: NONE });
  return tokens.get(token);
}

const entries = {
  AgreementFunded(books, { negotiation, agreement, terms, count, paid }) {
    equal(books, 'the name', agreement, nameOf(terms, books.chainId, books.escrow));
    equal(books, 'the negotiation', negotiation, negotiationOf(terms));
    if (books.agreements.has(agreement)) throw new Error('funded first for the second time');
    const sums = { paidIn: NONE, paid: NONE, refunded: NONE, fees: NONE, tipped: NONE, held: NONE };
    books.agreements.set(agreement, { terms, milestone: 0n, funded: 0n, ...sums });
    take(books, agreement, 0n, count, paid);
  },
  MilestonesFunded: (books, { agreement, firstMilestone, count, paid }) => take(books, agreement, firstMilestone, count, paid),
  MilestoneClosed(books, { agreement, milestone, pay, fee, refund, feeSerial }) {
    const known = agreementOf(books, agreement), amount = known.terms.amounts[Number(milestone)];
    const feePaid = share(amount, known.terms.feeBps);
    equal(books, 'the milestone', milestone, known.milestone);
    equal(books, 'the fee', fee, feePaid * pay / amount);
    equal(books, 'pay, fee and refund', pay + fee + refund, amount + feePaid);
    known.milestone += 1n;
    known.paid += pay;
    give(known, refund, pay + fee + refund);
    keep(books, known, fee, feeSerial);
  },
  AgreementReclaimed(books, { agreement, firstMilestone, count, refund }) {
    const known = agreementOf(books, agreement);
    equal(books, 'the refund', refund, price(known.terms, firstMilestone, count));
    give(known, refund, refund);
    equal(books, 'what is held after the end', known.held, NONE);
  },
  AgreementEnded(books, { agreement, firstMilestone, count, refund }) {
    const known = agreementOf(books, agreement);
    equal(books, 'the refund', refund, price(known.terms, firstMilestone, count));
    known.funded = firstMilestone;
    give(known, refund, refund);
  },
  AgreementAmended(books, { agreement, amended, terms }) {
    const known = agreementOf(books, agreement);
    equal(books, 'the name', amended, nameOf(terms, books.chainId, books.escrow));
    books.agreements.delete(agreement);
    books.agreements.set(amended, { ...known, terms });
  },
  Tipped(books, { agreement, amount, fee, feeSerial }) {
    const known = agreementOf(books, agreement);
    equal(books, 'the fee', fee, share(amount, known.terms.feeBps));
    known.tipped += amount;
    known.paidIn += amount + fee;
    keep(books, known, fee, feeSerial);
  },
  FeeShared: (books, { origin, token, amount }) => credit(books, origin, token, amount),
  PaymentCredited: (books, { party, token, amount }) => credit(books, party, token, amount),
  CreditWithdrawn(books, { party, token, amount }) {
    equal(books, 'the whole credit', amount, books.credits.get(party + token) ?? NONE);
    credit(books, party, token, -amount);
  },
  FeesSwept(books, { token, amount, firstSerial, lastSerial }) {
    const kept = tokenOf(books, token);
    equal(books, 'the fees kept', amount, kept.kept);
    equal(books, 'the first serial', firstSerial, kept.sweptSerial + 1n);
    equal(books, 'the last serial', lastSerial, kept.lastSerial);
    Object.assign(kept, { kept: NONE, sweptSerial: lastSerial });
  },
};

function take(books, agreement, first, count, paid) {
  const known = agreementOf(books, agreement);
  equal(books, 'the first milestone', first, known.funded);
  equal(books, 'the price', paid, price(known.terms, first, count));
  known.funded += count;
  known.paidIn += paid;
  known.held += paid;
}

function give(known, refund, out) {
  known.refunded += refund;
  known.held -= out;
}

// The origin's share is a credit, told by a log of its own; the rest gets the next serial.
function keep(books, known, fee, serial) {
  const { token, originBps } = known.terms, kept = tokenOf(books, token), rest = fee - share(fee, originBps);
  known.fees += fee;
  kept.kept += rest;
  if (rest > 0n) kept.lastSerial += 1n;
  equal(books, 'the fee serial', serial, rest > 0n ? kept.lastSerial : NONE);
}

function credit(books, party, token, amount) {
  books.credits.set(party + token, (books.credits.get(party + token) ?? NONE) + amount);
}

function price({ amounts, feeBps }, first, count) {
  if (first + count > amounts.length) throw new Error(`${first} and ${count} are more than ${amounts.length} milestones`);
  return amounts.slice(Number(first), Number(first + count)).reduce((sum, amount) => sum + amount + share(amount, feeBps), NONE);
}

function agreementOf({ agreements }, agreement) {
  const known = agreements.get(agreement);
  if (!known) throw new Error(`nobody funded ${agreement}`);
  return known;
}

function equal(books, what, told, computed) {
  if (told !== computed) books.differences.push(`${books.at}: ${what} is ${told}, computed ${computed}`);
}
