// node tools/gas.mjs [--json FILE]
// What the escrow's paths cost as transactions on a chain of its own (anvil), from the code in artifacts/, and what each is
// made of. The floor of a path is what no other code of the same law could save: the transaction and its calldata, storage
// slots, logs, the token's own work, cold accounts, the signature check, the lock. The rest is this code. Beside them stand
// other escrows' figures, as facts: they are not run here.
// The paths are those of test/Gas.t.sol: OpenZeppelin's ERC-20, unlimited allowance, plain keys, accounts that hold the token
// already, a nonce word and a fee slot in use.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const viem = createRequire(new URL('../../tests/viem/package.json', import.meta.url));
const { createPublicClient, createWalletClient, encodeFunctionData, erc20Abi, getAddress, http } = viem('viem');
const { mnemonicToAccount } = viem('viem/accounts');
const { foundry } = viem('viem/chains');

const DAY = 86_400;
const PAY = 1_000_000_000n;
const NOBODY = `0x${'0'.repeat(40)}`;
const PARTS = ['base', 'calldata', 'slots', 'logs', 'token', 'accounts', 'signature', 'lock', 'code'];
/** Create and fund, release; the same token. Measured beforehand from their published sources. */
const rivals = [
  ['Kleros escrow v2: no fee, no milestones', '165,600', '53,700'],
  ['SmartInvoice', '477,000', '68,000 - 117,000'],
  ['TalentLayer (2024)', '544,000', '161,000 - 187,000'],
  ['Ethlance', '741,000', '115,000'],
];

const { values: options } = parseArgs({ options: { json: { type: 'string' } } });
const { abi, bytecode } = artifact('WorkAgreements');
const [employer, talent, manager, origin, receiver, payout, stranger] = [0, 1, 2, 3, 4, 5, 6]
  .map(addressIndex => mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex }));
const { chain, url } = await start();
const client = createPublicClient({ chain: foundry, transport: http(url), pollingInterval: 20 });
let token, policy, escrow;

try {
  await deployAll();
  const paths = await measured();
  tell(paths);
  if (options.json) writeFileSync(options.json, JSON.stringify(Object.fromEntries(paths.map(({ name, gas }) => [name, gas])), null, 1) + '\n');
} finally {
  chain.kill('SIGTERM');
}

async function start() {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const program = fileURLToPath(new URL(`foundry/node_modules/@foundry-rs/anvil-${process.platform}-${cpu}/bin/anvil`, import.meta.url));
  const child = spawn(program, ['--port', '0', '--steps-tracing'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /Listening on ([\d.:]+)/.exec(line);
    if (!match) continue;
    clearTimeout(late);
    child.stdout.resume();
    return { chain: child, url: `http://${match[1]}` };
  }
  throw new Error('anvil did not start (npm ci --ignore-scripts in tools/foundry brings it)');
}

function artifact(name) {
  return JSON.parse(readFileSync(new URL(`../artifacts/${name}.json`, import.meta.url), 'utf8'));
}

function as(account) {
  return createWalletClient({ account, chain: foundry, transport: http(url) });
}

async function done(hash) {
  const receipt = await client.waitForTransactionReceipt({ hash, timeout: 60_000 });
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`);
  return receipt;
}

async function deploy(contract, args) {
  return getAddress((await done(await as(employer).deployContract({ ...contract, args }))).contractAddress);
}

async function deployAll() {
  token = await deploy(artifact('DevelopmentDollar'), [employer.address]);
  const parameters = {
    feeReceiver: receiver.address, feeBps: 1500, reviewWindowMin: 3 * DAY, reviewWindowMax: 90 * DAY,
    reworkTimeMin: 3 * DAY, validityMax: 30 * DAY, originBpsMax: 5000, guardian: NOBODY,
  };
  policy = await deploy(artifact('Policy'), [employer.address, parameters, [{ token, amountMin: 1n, referencePrice: 10n ** 18n }], []]);
  escrow = await deploy({ abi, bytecode }, [policy]);
  const inToken = (functionName, args) => as(employer).writeContract({ address: token, abi: erc20Abi, functionName, args });
  await done(await inToken('approve', [escrow, 2n ** 256n - 1n]));
  await done(await inToken('transfer', [payout.address, 1n]));
}

// ------------------------------------------------------------------------------------------------- the paths

async function measured() {
  const paths = [];
  const measure = async (name, receipt) => paths.push({ name, gas: Number(receipt.gasUsed), parts: await partsOf(receipt) });
  const used = await termsOf(7n, 1);
  await fund(used, 1n);
  await call(manager, 'release', used, 0n, PAY);

  const terms = await termsOf(8n, 1);
  await measure('fund', await fund(terms, 1n));
  await measure('submit', await call(talent, 'submit', terms, 0n, PAY, `0x${'22'.repeat(32)}`));
  await measure('release', await call(manager, 'release', terms, 0n, PAY));
  const relayed = await termsOf(9n, 1);
  await fund(relayed, 1n);
  await measure('submit_by_signature', await bySignature(talent, 'submit', relayed, 0n, PAY, `0x${'22'.repeat(32)}`));
  const shared = await termsOf(10n, 1, 5000), again = await termsOf(11n, 1, 5000);
  await fund(shared, 1n);
  await fund(again, 1n);
  await measure('release_origin_first', await call(manager, 'release', shared, 0n, PAY));
  await measure('release_origin_later', await call(manager, 'release', again, 0n, PAY));
  const many = await termsOf(12n, 32);
  await measure('fund_32_of_32', await fund(many, 32n));
  await measure('release_1_of_32', await call(manager, 'release', many, 0n, PAY));
  await measure('release_10_of_32_at_once', await call(manager, 'releaseMany', many, 1n, 10n));
  return paths;
}

async function termsOf(nonce, milestones, originBps = 0) {
  const { timestamp } = await client.getBlock();
  return {
    nonce, sequence: 0n, previous: `0x${'00'.repeat(32)}`, employer: employer.address, manager: manager.address,
    talent: talent.address, payout: payout.address, token, policyVersion: 1, feeBps: 1500,
    origin: originBps > 0 ? origin.address : NOBODY, originBps, reviewWindow: 7 * DAY, reworkTime: 5 * DAY, revisionsMax: 2,
    court: stranger.address, courtRules: 1n, caseTime: 40 * DAY, fallbackTalentBps: 5000,
    validUntil: timestamp + 29n * BigInt(DAY), documents: `0x${'11'.repeat(32)}`,
    amounts: Array(milestones).fill(PAY), workTimes: Array(milestones).fill(14 * DAY),
  };
}

async function call(account, functionName, ...args) {
  return done(await as(account).writeContract({ address: escrow, abi, functionName, args, gas: 1_000_000n }));
}

async function fund(terms, count) {
  const name = await client.readContract({ address: escrow, abi, functionName: 'hashTerms', args: [terms] });
  return call(employer, 'fund', terms, await talent.sign({ hash: name }), count);
}

async function bySignature(account, functionName, ...args) {
  const data = encodeFunctionData({ abi, functionName, args }), expiry = (await client.getBlock()).timestamp + 60n;
  const hash = await client.readContract({ address: escrow, abi, functionName: 'hashCall', args: [account.address, expiry, data] });
  return call(stranger, 'callBySignature', account.address, expiry, data, await account.sign({ hash }));
}

// ------------------------------------------------------------------------------------------------- what they are made of

async function partsOf({ transactionHash, gasUsed }) {
  const { structLogs } = await client.request({
    method: 'debug_traceTransaction', params: [transactionHash, { disableMemory: true, disableStorage: true }],
  });
  const parts = Object.fromEntries(PARTS.map(part => [part, 0]));
  const running = [escrow];
  structLogs.forEach((step, index) => {
    running.length = step.depth;
    const after = structLogs.slice(index + 1).find(({ depth }) => depth <= step.depth);
    const inside = structLogs[index + 1]?.depth > step.depth;
    if (inside) running.push(getAddress(`0x${step.stack.at(-2).replace(/^0x/, '').padStart(64, '0').slice(24)}`));
    if (after?.depth !== step.depth) return;
    const own = step.gas - after.gas - (inside ? usedFrom(structLogs, index + 1) : 0);
    parts[partOf(step, running[step.depth - 1])] += own;
  });
  parts.base = 21_000;
  parts.calldata = Number(gasUsed) - PARTS.reduce((sum, part) => sum + parts[part], 0);
  return parts;
}

// What the call that begins at `from` used until it ended.
function usedFrom(steps, from) {
  const { depth } = steps[from];
  let last = from;
  while (steps[last + 1]?.depth >= depth) last += 1;
  return steps[from].gas - steps[last].gas;
}

function partOf({ op, stack }, address) {
  if (address === token) return 'token';
  if (op === 'SLOAD' || op === 'SSTORE') return 'slots';
  if (op === 'TLOAD' || op === 'TSTORE') return 'lock';
  if (op.startsWith('LOG')) return 'logs';
  if (!op.endsWith('CALL')) return 'code';
  return BigInt(`0x${stack.at(-2).replace(/^0x/, '')}`) === 1n ? 'signature' : 'accounts';
}

function tell(paths) {
  const row = (name, cells) => console.log(name.padEnd(28) + cells.map(cell => String(cell).padStart(10)).join(''));
  row('', ['gas', 'floor', ...PARTS]);
  for (const { name, gas, parts } of paths) row(name, [gas, gas - parts.code, ...PARTS.map(part => parts[part])]);
  console.log('\nother escrows, create and fund / release:');
  for (const [name, funding, releasing] of rivals) console.log(`  ${name.padEnd(42)}${funding} / ${releasing}`);
}
