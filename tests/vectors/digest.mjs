// Reads one eth_signTypedData_v4 JSON a line and writes the digest that viem makes of it.
import readline from 'node:readline';
import { hashTypedData } from 'viem';

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${hashTypedData(JSON.parse(line))}\n`);
}
