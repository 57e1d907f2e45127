// The escrow's logs of a node, and what the chain says of the sums they lead to, all at one block.
import { erc20Abi, getAddress, parseEventLogs } from 'viem';
import { abi } from './law.mjs';
import { owed, replay, tokenOf } from './replay.mjs';

/** Every log of the escrow up to `block`, decoded. `range` is how many blocks one request asks for. */
export async function logsOf(client, escrow, { from = 0n, block, range = 10_000n }) {
  const logs = [];
  for (let start = from; start <= block; start += range) {
    const end = start + range - 1n < block ? start + range - 1n : block;
    logs.push(...await client.getLogs({ address: escrow, fromBlock: start, toBlock: end }));
  }
  const decoded = parseEventLogs({ abi, logs, strict: true });
  if (decoded.length !== logs.length) throw new Error(`${logs.length - decoded.length} logs are none of the escrow's events`);
  return decoded;
}

/** Replays the logs and adds to the differences what the chain says otherwise at `block`. */
export async function compare(client, escrow, logs, block) {
  const books = replay(logs, await client.getChainId(), escrow);
  books.at = `block ${block}`;
  const read = (address, contract, functionName, args) =>
    client.readContract({ address, abi: contract, functionName, args, blockNumber: block });
  const differs = (what, told, computed) => {
    if (told !== computed) books.differences.push(`${books.at}: ${what} is ${told}, computed ${computed}`);
  };
  for (const [agreement, { terms, milestone, funded, held }] of books.agreements) {
    const state = await read(escrow, abi, 'stateOf', [agreement]);
    differs(`funded of ${agreement}`, BigInt(state.funded), funded);
    differs(`milestone of ${agreement}`, BigInt(state.milestone), milestone);
    const open = state.phase >= 2 && state.phase <= 4;
    differs(`whether ${agreement} holds money`, open, held > 0n);
    tokenOf(books, terms.token);
  }
  for (const [token, { kept, lastSerial }] of books.tokens) {
    const [amount, serial] = await read(escrow, abi, 'feesOf', [token]);
    differs(`fees in ${token}`, amount, kept);
    differs(`fee serial in ${token}`, serial, lastSerial);
    differs(`balance in ${token}`, await read(token, erc20Abi, 'balanceOf', [escrow]), owed(books, token));
  }
  for (const [key, computed] of books.credits) {
    const [party, token] = [key.slice(0, 42), key.slice(42)];
    const [amount] = await read(escrow, abi, 'creditOf', [party, token]);
    differs(`credit of ${party} in ${token}`, amount, computed);
  }
  for (const log of logs) if (log.eventName === 'Tipped') differs('a tip', await tipped(client, books, log), log.args.amount);
  return books;
}

// A tip is never held: only the token's own log of the same transaction shows it.
async function tipped(client, { agreements }, { transactionHash, args: { agreement, employer, amount } }) {
  const { logs } = await client.getTransactionReceipt({ hash: transactionHash });
  const token = agreements.get(agreement)?.terms.token;
  return parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs, args: { from: employer } })
    .filter(({ address }) => getAddress(address) === token).find(({ args }) => args.value === amount)?.args.value;
}
