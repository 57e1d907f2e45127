// node recompute.mjs RPC ESCROW [FROM_BLOCK]
// Prints a line of JSON for each agreement with its sums, then one for each token; ends with 1 and the differences when
// logs, terms and balances do not agree.
import { createPublicClient, getAddress, http } from 'viem';
import { compare, logsOf } from './chain.mjs';
import { owed } from './replay.mjs';

const [rpc, escrow, from = '0'] = process.argv.slice(2);
if (!rpc || !escrow) {
  console.error('usage: node recompute.mjs RPC ESCROW [FROM_BLOCK]');
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
for (const difference of books.differences) console.error(difference);
process.exitCode = books.differences.length > 0 ? 1 : 0;
