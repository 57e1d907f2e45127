// What an exported reputation says, held against the chain with no help of the server that wrote it: names from terms,
// closings and anchors from their logs, seals from what was signed, roots from the proofs. Every difference is told.
import {
  encodeAbiParameters, getAddress, hashTypedData, keccak256, parseAbiParameters, parseEventLogs, stringToHex,
} from 'viem';
import { abi as escrowAbi, artifact, nameOf, negotiationOf } from './law.mjs';

export const { abi } = artifact('Reputation');

const NOTHING = `0x${'00'.repeat(32)}`;
const NOBODY = `0x${'00'.repeat(20)}`;
const AXES = ['overall', 'quality', 'communication', 'punctuality', 'fairness', 'again'];
const SEALED_SECONDS = 14n * 86_400n;

const fields = declaration => declaration.split(',').map(field => {
  const [type, name] = field.split(' ');
  return { name, type };
});

const types = {
  Review: fields('address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,'
    + 'uint8 quality,uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,bytes32 text,bytes32 salt'),
  SkillRating: fields('string skill,uint8 rating'),
};

/** Typed data of a review: what its author signs; its hash is the seal. */
export const typedReview = (message, chainId, contract) => ({
  domain: { name: 'Braintrust Reputation', version: '1', chainId, verifyingContract: contract },
  types, primaryType: 'Review', message,
});

const leaf = seal => keccak256(`0x00${seal.slice(2)}`);
const node = (left, right) => keccak256(`0x01${left.slice(2)}${right.slice(2)}`);

/** RFC 9162, 2.1.1, with keccak-256. */
export function rootOf(seals) {
  if (seals.length === 1) return leaf(seals[0]);
  const split = 2 ** Math.floor(Math.log2(seals.length - 1));
  return node(rootOf(seals.slice(0, split)), rootOf(seals.slice(split)));
}

/** RFC 9162, 2.1.3.1. */
export function proofOf(seals, index) {
  if (seals.length === 1) return [];
  const split = 2 ** Math.floor(Math.log2(seals.length - 1));
  return index < split
    ? [...proofOf(seals.slice(0, split), index), rootOf(seals.slice(split))]
    : [...proofOf(seals.slice(split), index - split), rootOf(seals.slice(0, split))];
}

/** RFC 9162, 2.1.3.2: the root that a proof leads to, or undefined when it has not the length of the place. */
export function rootFrom(seal, index, count, proof) {
  let hash = leaf(seal), at = index, last = count - 1;
  if (!Number.isInteger(index) || index < 0 || index >= count) return undefined;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      hash = node(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at >> 1, last >> 1];
    } else {
      hash = node(hash, sibling);
    }
    [at, last] = [at >> 1, last >> 1];
  }
  return last === 0 ? hash : undefined;
}

/**
 * Every difference between an export and the chain at `block`. `agreements` are those recomputed from the escrow's logs up to
 * the final block that the export was made at.
 */
export async function verifyExport(client, file, { block, agreements, escrow }) {
  const differences = [];
  const chainId = await client.getChainId();
  const tell = (where, what) => differences.push(`${where}: ${what}`);
  const same = (where, what, told, computed) => {
    if (told !== computed) tell(where, `${what} is ${told}, computed ${computed}`);
  };
  if (Number(file.chainId) !== chainId) tell('the file', `it is of chain ${file.chainId}`);
  for (const exported of file.agreements) {
    const where = exported.name;
    try {
      const terms = termsOf(exported.terms);
      same(where, 'the escrow', exported.escrow, escrow);
      same(where, 'the hash of the terms', exported.agreement, nameOf(terms, chainId, exported.escrow));
      same(where, 'the name', exported.name, `agreements/${chainId}-${negotiationOf(terms)}`);
      same(where, 'a party', [terms.talent, terms.employer].includes(file.address), true);
      const closings = await closingsOf(client, exported, terms, same);
      whole(agreements.get(exported.agreement), exported, closings, same);
      const anchors = await anchorsOf(client, exported, block, same);
      const sides = new Set();
      for (const review of exported.reviews) await verifyReview(client, chainId, { exported, terms, review, closings, anchors, sides }, same);
    } catch (error) {
      tell(where, error.message);
    }
  }
  return differences;
}

/** Terms as a wallet signs them, from their JSON. */
export const termsOf = terms => ({
  nonce: BigInt(terms.nonce), sequence: BigInt(terms.sequence), previous: terms.previous, employer: terms.employer,
  manager: terms.manager, talent: terms.talent, payout: terms.payout, token: terms.token, policyVersion: terms.policyVersion,
  feeBps: terms.feeBps, origin: terms.origin || NOBODY, originBps: terms.originBps, reviewWindow: terms.reviewWindowSeconds,
  reworkTime: terms.reworkTimeSeconds, revisionsMax: terms.revisionsMax, court: terms.court || NOBODY,
  courtRules: BigInt(terms.courtRules || 0), caseTime: terms.caseTimeSeconds, fallbackTalentBps: terms.fallbackTalentBps,
  validUntil: BigInt(terms.validUntilSeconds), documents: terms.documents,
  amounts: terms.milestones.map(({ amount }) => BigInt(amount)), workTimes: terms.milestones.map(each => each.workTimeSeconds),
});

/** What was signed, from its JSON. */
export const messageOf = ({ ratings, ...review }) => ({
  escrow: review.escrow, negotiation: review.negotiation, agreement: review.agreement, milestone: BigInt(review.milestoneIndex),
  reviewer: review.reviewer, ...Object.fromEntries(AXES.map(axis => [axis, ratings[axis]])), skills: review.skills,
  text: review.textHash, salt: review.salt,
});

// The log that a file names must be there, word for word: the block's hash says on which fork.
async function logAt(client, address, contractAbi, { transactionHash, blockHash, blockNumber, logIndex }) {
  const receipt = await client.getTransactionReceipt({ hash: transactionHash });
  const logs = receipt.logs.filter(log => getAddress(log.address) === address && log.logIndex === logIndex);
  if (receipt.blockHash !== blockHash || receipt.blockNumber !== BigInt(blockNumber) || logs.length === 0) {
    throw new Error(`there is no log ${logIndex} of ${address} in ${transactionHash} of block ${blockNumber}`);
  }
  return parseEventLogs({ abi: contractAbi, logs, strict: true })[0];
}

async function closingsOf(client, exported, terms, same) {
  const closings = new Map();
  for (const closing of exported.closings) {
    const where = `closing of milestone ${closing.milestoneIndex} of ${exported.name}`;
    const { eventName, args } = await logAt(client, exported.escrow, escrowAbi, closing.place);
    same(where, 'the event', ['MilestoneClosed', 'AgreementReclaimed'].includes(eventName), true);
    const reclaimed = eventName === 'AgreementReclaimed';
    same(where, 'the negotiation', args.negotiation, negotiationOf(terms));
    same(where, 'the agreement', closing.agreement, args.agreement);
    same(where, 'the milestone', BigInt(closing.milestoneIndex), reclaimed ? args.firstMilestone : args.milestone);
    same(where, 'the pay', BigInt(closing.pay), reclaimed ? 0n : args.pay);
    same(where, 'the fee', BigInt(closing.fee), reclaimed ? 0n : args.fee);
    same(where, 'the refund', BigInt(closing.refund), args.refund);
    same(where, 'whether it is told twice', closings.has(closing.milestoneIndex), false);
    const { timestamp } = await client.getBlock({ blockHash: closing.place.blockHash });
    closings.set(closing.milestoneIndex, { ...closing, reclaimed, timestamp });
  }
  return closings;
}

// No closing may be missing: as many as the logs count, and what they paid and kept in all.
function whole(known, exported, closings, same) {
  if (!known) throw new Error('the logs of the escrow know no such agreement');
  const total = field => exported.closings.reduce((sum, closing) => sum + BigInt(closing[field]), 0n);
  const closed = [...closings.values()].filter(({ reclaimed }) => !reclaimed);
  same(exported.name, 'the number of closings', BigInt(closed.length), known.milestone);
  same(exported.name, 'the pay of all closings', total('pay'), known.paid);
}

async function anchorsOf(client, exported, block, same) {
  const anchors = new Map();
  for (const anchor of exported.anchors) {
    const where = `batch ${anchor.batch} of ${anchor.contract}`;
    const { eventName, args } = await logAt(client, anchor.contract, abi, anchor.place);
    same(where, 'the event', eventName, 'BatchAnchored');
    for (const [name, value] of [['batch', BigInt(anchor.batch)], ['count', BigInt(anchor.count)]]) same(where, name, value, args[name]);
    for (const name of ['root', 'previous', 'head']) same(where, name, anchor[name], args[name]);
    const head = keccak256(encodeAbiParameters(
      parseAbiParameters('bytes32, uint256, bytes32, uint32'), [anchor.previous, BigInt(anchor.batch), anchor.root, anchor.count]));
    same(where, 'the head', anchor.head, head);
    const read = (functionName, args = []) => client.readContract({ address: anchor.contract, abi, functionName, args, blockNumber: block });
    const standing = await read('batchOf', [BigInt(anchor.batch)]);
    same(where, 'the root on chain', standing.root, anchor.root);
    same(where, 'the escrow it speaks of', await read('AGREEMENTS'), exported.escrow);
    anchors.set(`${anchor.contract} ${anchor.batch}`, anchor);
  }
  return anchors;
}

async function verifyReview(client, chainId, { exported, terms, review, closings, anchors, sides }, same) {
  const { opening } = review, message = messageOf(opening.review), where = review.name;
  const talents = message.reviewer === terms.talent;
  const side = talents ? 'talent' : 'employer';
  same(where, 'a party', [terms.employer, terms.manager, terms.talent].includes(message.reviewer), true);
  same(where, 'the name', review.name, `reviews/${chainId}-${negotiationOf(terms)}-${message.milestone}-${side}`);
  same(where, 'whom it is about', review.about, talents ? terms.employer : terms.talent);
  same(where, 'whether its side reviewed before', sides.has(where), false);
  sides.add(where);
  same(where, 'the escrow', message.escrow, exported.escrow);
  same(where, 'the negotiation', message.negotiation, negotiationOf(terms));
  same(where, 'the terms', message.agreement, nameOf(termsOf(opening.terms), chainId, exported.escrow));
  const ratings = [...AXES.map(axis => message[axis]), ...message.skills.map(({ rating }) => rating)];
  same(where, 'whether every rating is 1 to 5', ratings.every(rating => Number.isInteger(rating) && rating >= 1 && rating <= 5), true);
  same(where, 'whether a talent rates skills', talents && message.skills.length > 0, false);
  same(where, 'the chain', Number(opening.chainId), chainId);
  same(where, 'the text', message.text, opening.text === '' ? NOTHING : keccak256(stringToHex(opening.text)));
  const closing = closings.get(opening.review.milestoneIndex);
  if (!closing) throw new Error(`${where}: its milestone was not closed`);
  const seal = hashTypedData(typedReview(message, chainId, opening.contract));
  same(where, 'the seal', opening.seal, seal);
  const signed = await client.verifyHash({
    address: message.reviewer, hash: seal, signature: `0x${Buffer.from(opening.signature, 'base64').toString('hex')}`,
  });
  same(where, 'whether its reviewer signed it', signed, true);
  const anchor = anchors.get(`${opening.contract} ${opening.batch}`);
  if (!anchor) throw new Error(`${where}: its batch is not anchored`);
  same(where, 'the number of seals', opening.count, anchor.count);
  same(where, 'the root', rootFrom(seal, opening.index, opening.count, opening.proof), anchor.root);
  same(where, 'the root told', opening.root, anchor.root);
  if (exported.reviews.filter(other => other.opening.review.milestoneIndex === opening.review.milestoneIndex).length < 2) {
    const { timestamp } = await client.getBlock({ blockTag: 'latest' });
    same(where, 'whether it was still sealed', timestamp <= closing.timestamp + SEALED_SECONDS, false);
  }
}
