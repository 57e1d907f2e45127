// Reviews of the story's work, signed, sealed and anchored by hand, written as an export: it must agree with the chain, and
// with any part of it changed or missing it must not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashTypedData, keccak256, parseEventLogs, stringToHex } from 'viem';
import { compare, logsOf } from './chain.mjs';
import { negotiationOf } from './law.mjs';
import { abi, messageOf, proofOf, rootOf, typedReview, verifyExport } from './reviews.mjs';

const DAY = 86_400;
const NOTHING = `0x${'00'.repeat(32)}`;

export async function tellReviews(stage) {
  const { client, escrow, deploy, parties } = stage;
  const contract = await deploy('Reputation', [escrow, parties.anchor.address]);
  const block = await client.getBlockNumber({ cacheTime: 0 });
  const books = await compare(client, escrow, await logsOf(client, escrow, { block }), block);
  const file = await write(stage, contract, await logsOf(client, escrow, { block }));
  const now = await client.getBlockNumber({ cacheTime: 0 });
  const check = changed => verifyExport(client, changed, { block: now, agreements: books.agreements, escrow });
  const differences = await check(file);
  if (differences.length > 0) throw new Error(differences.join('\n'));
  recompute(stage, file);
  const lies = [...changes(file)];
  for (const [path, lie] of lies) if ((await check(lie)).length === 0) throw new Error(`nobody notices another ${path}`);
  const reviews = file.agreements.flatMap(each => each.reviews).length;
  console.log(`viem: ${file.agreements.length} agreements exported, ${reviews} reviews proven; ${lies.length} lies noticed`);
}

// The first agreement's milestone 0 is reviewed by both, its milestone 1 by the talent alone, 15 days ago.
async function write({ client, clock, as, done, escrow, parties: { employer, talent, anchor } }, contract, logs) {
  const funded = logs.find(({ eventName }) => eventName === 'AgreementFunded').args;
  const chainId = await client.getChainId();
  const closings = logs.filter(({ eventName, args }) => eventName === 'MilestoneClosed' && args.agreement === funded.agreement);
  const openings = [];
  for (const [author, milestone, skills] of [[employer, 0, [{ skill: 'rust', rating: 4 }]], [talent, 0, []], [talent, 1, []]]) {
    const text = milestone === 0 ? 'Good.' : '';
    const review = {
      escrow, negotiation: funded.negotiation, agreement: funded.agreement, milestoneIndex: milestone, reviewer: author.address,
      ratings: { overall: 5, quality: 4, communication: 3, punctuality: 2, fairness: 1, again: 5 }, skills,
      textHash: text ? keccak256(stringToHex(text)) : NOTHING, salt: keccak256(stringToHex(`${author.address} ${milestone}`)),
    };
    const data = typedReview(messageOf(review), chainId, contract);
    const signature = Buffer.from((await author.signTypedData(data)).slice(2), 'hex').toString('base64');
    openings.push({ review, text, signature, seal: hashTypedData(data), chainId: `${chainId}`, contract, terms: json(funded.terms) });
  }
  const seals = openings.map(({ seal }) => seal);
  const receipt = await done(await as(anchor).writeContract(
    { address: contract, abi, functionName: 'anchor', args: [NOTHING, rootOf(seals), seals.length] }));
  await clock.increaseTime({ seconds: 15 * DAY });
  await clock.mine({ blocks: 1 });
  const [log] = parseEventLogs({ abi, logs: receipt.logs });
  const { batch, root, previous, head, count } = log.args;
  return {
    chainId: `${chainId}`, address: talent.address, finalBlockNumber: `${await client.getBlockNumber({ cacheTime: 0 })}`,
    agreements: [{
      name: `agreements/${chainId}-${funded.negotiation}`, escrow, agreement: funded.agreement, terms: json(funded.terms),
      closings: closings.map(closing => ({
        milestoneIndex: Number(closing.args.milestone), agreement: closing.args.agreement, pay: `${closing.args.pay}`,
        fee: `${closing.args.fee}`, refund: `${closing.args.refund}`, place: place(closing),
      })),
      reviews: openings.map((opening, index) => ({
        name: `reviews/${chainId}-${negotiationOf(funded.terms)}-${opening.review.milestoneIndex}-${opening.review.reviewer === talent.address ? 'talent' : 'employer'}`,
        opening: { ...opening, batch: `${batch}`, index, count: seals.length, root, proof: proofOf(seals, index) },
        about: opening.review.reviewer === talent.address ? employer.address : talent.address,
      })),
      anchors: [{ contract, batch: `${batch}`, root, previous, head, count: Number(count), place: place(log) }],
    }],
  };
}

const place = ({ blockNumber, blockHash, transactionHash, logIndex }) =>
  ({ blockNumber: `${blockNumber}`, blockHash, transactionHash, logIndex });

const json = terms => ({
  nonce: `${terms.nonce}`, sequence: `${terms.sequence}`, previous: terms.previous, employer: terms.employer, manager: terms.manager,
  talent: terms.talent, payout: terms.payout, token: terms.token, policyVersion: terms.policyVersion, feeBps: terms.feeBps,
  origin: terms.origin, originBps: terms.originBps, reviewWindowSeconds: terms.reviewWindow, reworkTimeSeconds: terms.reworkTime,
  revisionsMax: terms.revisionsMax, court: terms.court, courtRules: `${terms.courtRules}`, caseTimeSeconds: terms.caseTime,
  fallbackTalentBps: terms.fallbackTalentBps, validUntilSeconds: `${terms.validUntil}`, documents: terms.documents,
  milestones: terms.amounts.map((amount, i) => ({ amount: `${amount}`, workTimeSeconds: terms.workTimes[i] })),
});

// Every value of the file changed, one at a time, and every element of every list left out but whole agreements and reviews:
// an export may be of some of them, and of a later block.
function* changes(file, path = []) {
  const value = path.reduce((at, key) => at[key], file);
  if (Array.isArray(value)) {
    const optional = ['agreements', 'reviews'].includes(path.at(-1));
    for (const index of value.keys()) {
      yield* changes(file, [...path, index]);
      if (!optional) yield [`${path.join('.')} without ${index}`, changed(file, path, list => list.toSpliced(index, 1))];
    }
  } else if (typeof value === 'object') {
    for (const key of Object.keys(value)) if (key !== 'finalBlockNumber') yield* changes(file, [...path, key]);
  } else {
    yield [path.join('.'), changed(file, path, other)];
  }
}

function changed(file, path, change) {
  const copy = structuredClone(file), last = path.at(-1);
  const at = path.slice(0, -1).reduce((inner, key) => inner[key], copy);
  at[last] = change(at[last]);
  return copy;
}

function other(value) {
  if (typeof value === 'number') return value === 1 ? 2 : value - 1;
  if (/^\d+$/.test(value)) return `${BigInt(value) + 1n}`;
  if (value === '') return 'x';
  return value.slice(0, -1) + (value.endsWith('1') ? '2' : '1');
}

// The command that users run says the same, of the file and of a lie.
function recompute({ url, escrow }, file) {
  const folder = mkdtempSync(join(tmpdir(), 'braintrust-export-'));
  try {
    const path = join(folder, 'export.json');
    const run = () => execFileSync(
      process.execPath, [fileURLToPath(new URL('recompute.mjs', import.meta.url)), url, escrow, '0', path], { encoding: 'utf8', stdio: 'pipe' });
    writeFileSync(path, JSON.stringify(file));
    run();
    writeFileSync(path, JSON.stringify(changed(file, ['agreements', 0, 'reviews', 0, 'opening', 'review', 'ratings', 'overall'], other)));
    let noticed = false;
    try {
      run();
    } catch ({ status }) {
      noticed = status === 1;
    }
    if (!noticed) throw new Error('the command does not notice a changed rating');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
