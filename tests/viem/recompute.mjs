// node recompute.mjs RPC ESCROW [FROM_BLOCK [EXPORT...]]
// Prints a line of JSON for each agreement with its sums, then one for each token, then one for each exported reputation;
// ends with 1 and the differences when logs, terms, balances and exports do not agree.
import { readFileSync } from 'node:fs';
import { createPublicClient, getAddress, http } from 'viem';
import { compare, logsOf } from './chain.mjs';
import { owed, replay } from './replay.mjs';
import { verifyExport } from './reviews.mjs';

const [rpc, escrow, from = '0', ...files] = process.argv.slice(2);
if (!rpc || !escrow) {
  console.error('usage: node recompute.mjs RPC ESCROW [FROM_BLOCK [EXPORT...]]');
  process.exit(2);
}
const client = createPublicClient({ transport: http(rpc) });
const block = await client.getBlockNumber({ cacheTime: 0 });
const logs = await logsOf(client, getAddress(escrow), { from: BigInt(from), block });
const books = await compare(client, getAddress(escrow), logs, block);

const line = value => console.log(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)));
for (const [agreement, { terms, paidIn, paid, refunded, fees, tipped, held }] of books.agreements) {
  line({ agreement, token: terms.token, paidIn, paid, refunded, fees, tipped, held });
}
for (const [token, { kept, lastSerial }] of books.tokens) {
  line({ token, block, logs: logs.length, owed: owed(books, token), fees: kept, lastSerial });
}
const { differences } = books;
const chainId = await client.getChainId();
for (const path of files) {
  const file = JSON.parse(readFileSync(path, 'utf8'));
  const final = logs.filter(({ blockNumber }) => blockNumber <= BigInt(file.finalBlockNumber));
  const { agreements } = replay(final, chainId, getAddress(escrow));
  differences.push(...await verifyExport(client, file, { block, agreements, escrow: getAddress(escrow) }));
  const reviews = file.agreements.reduce((count, each) => count + each.reviews.length, 0);
  line({ address: file.address, agreements: file.agreements.length, reviews });
}
for (const difference of differences) console.error(difference);
process.exitCode = differences.length > 0 ? 1 : 0;
