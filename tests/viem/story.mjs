// node story.mjs
// A small story on a chain of its own: agreements funded, tipped, closed in several ways, ended and reclaimed, fees shared
// and swept, a credit taken. The sums recomputed from its logs must be those of the chain; and with any one of the logs
// that move money missing, or one of their numbers changed, they must not be.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createPublicClient, createTestClient, createWalletClient, erc20Abi, getAddress, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { compare, logsOf } from './chain.mjs';
import { artifact, abi, typed } from './law.mjs';
import { tellReviews } from './review-story.mjs';

const DAY = 86_400;
const NOBODY = '0x0000000000000000000000000000000000000000';
// The development chain's well-known accounts.
const [employer, talent, manager, origin, receiver, payout] = [0, 1, 2, 3, 4, 5]
  .map(addressIndex => mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex }));

const { chain, url } = await start();
const transport = http(url);
const client = createPublicClient({ chain: foundry, transport, pollingInterval: 50 });
const clock = createTestClient({ chain: foundry, mode: 'anvil', transport });
let escrow, token;

try {
  await deployAll();
  await play();
  await judge();
  await tellReviews({ client, clock, as, deploy, done, escrow, url, parties: { employer, talent, anchor: origin } });
} finally {
  chain.kill('SIGTERM');
}

async function start() {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const program = fileURLToPath(new URL(
    `../../contracts/tools/foundry/node_modules/@foundry-rs/anvil-${process.platform}-${cpu}/bin/anvil`, import.meta.url));
  const chain = spawn(program, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => chain.kill('SIGKILL'));
  const late = setTimeout(() => chain.kill('SIGKILL'), 60_000);
  for await (const line of createInterface({ input: chain.stdout })) {
    const match = /Listening on ([\d.:]+)/.exec(line);
    if (!match) continue;
    clearTimeout(late);
    chain.stdout.resume();
    return { chain, url: `http://${match[1]}` };
  }
  throw new Error('anvil did not start (npm ci --ignore-scripts in contracts/tools/foundry brings it)');
}

async function done(hash) {
  const receipt = await client.waitForTransactionReceipt({ hash, timeout: 60_000 });
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`);
  return receipt;
}

function as(account) {
  return createWalletClient({ account, chain: foundry, transport });
}

async function deploy(name, args) {
  const { contractAddress } = await done(await as(employer).deployContract({ ...artifact(name), args }));
  return getAddress(contractAddress);
}

async function deployAll() {
  token = await deploy('DevelopmentDollar', [employer.address]);
  const parameters = {
    feeReceiver: receiver.address, feeBps: 1500, reviewWindowMin: 3 * DAY, reviewWindowMax: 90 * DAY,
    reworkTimeMin: 3 * DAY, validityMax: 30 * DAY, originBpsMax: 5000, guardian: NOBODY,
  };
  const policy = await deploy('Policy', [employer.address, parameters, [{ token, amountMin: 1n, referencePrice: 10n ** 18n }], []]);
  escrow = await deploy('WorkAgreements', [policy]);
  await done(await as(employer).writeContract(
    { address: token, abi: erc20Abi, functionName: 'approve', args: [escrow, 2n ** 256n - 1n] }));
}

async function call(account, functionName, ...args) {
  return done(await as(account).writeContract({ address: escrow, abi, functionName, args, gas: 1_000_000n }));
}

async function fund(nonce, amounts, count, originBps) {
  const { timestamp } = await client.getBlock();
  const terms = {
    nonce, sequence: 0n, previous: `0x${'00'.repeat(32)}`, employer: employer.address, manager: manager.address,
    talent: talent.address, payout: payout.address, token, policyVersion: 1, feeBps: 1500,
    origin: originBps > 0 ? origin.address : NOBODY, originBps, reviewWindow: 3 * DAY, reworkTime: 3 * DAY, revisionsMax: 1,
    court: NOBODY, courtRules: 0n, caseTime: 0, fallbackTalentBps: 0, validUntil: timestamp + 10n * BigInt(DAY),
    documents: `0x${'11'.repeat(32)}`, amounts, workTimes: amounts.map(() => 5 * DAY),
  };
  const signature = await talent.signTypedData(typed(terms, foundry.id, escrow));
  await call(employer, 'fund', terms, signature, count);
  return terms;
}

async function later(days) {
  await clock.increaseTime({ seconds: days * DAY });
  await clock.mine({ blocks: 1 });
}

async function play() {
  const evidence = `0x${'22'.repeat(32)}`;
  const first = await fund(1n, [1_000_003n, 777n, 500_000n, 9n], 2n, 2500);
  await call(employer, 'fundMore', first, 1n);
  await call(talent, 'submit', first, 0n, 900_001n, evidence);
  await call(manager, 'release', first, 0n, 950_001n);
  await call(talent, 'submit', first, 1n, 778n - 1n, evidence);
  await later(4);
  await call(origin, 'settle', first, 1n);
  await call(employer, 'tip', first, 12_345n);
  await call(talent, 'refund', first, 2n);
  await call(origin, 'sweepFees', token);
  await call(origin, 'withdraw', token, origin.address);
  const second = await fund(2n, [40_000n, 50_000n, 60_000n], 3n, 0);
  await call(manager, 'releaseMany', second, 0n, 1n);
  await call(talent, 'end', second, 1n);
  const third = await fund(3n, [333n, 7n], 2n, 100);
  await later(6);
  await call(employer, 'reclaim', third, 0n);
  await fund(4n, [1n], 1n, 5000);
}

async function judge() {
  const block = await client.getBlockNumber({ cacheTime: 0 });
  const logs = await logsOf(client, escrow, { block, range: 7n });
  const { differences, agreements } = await compare(client, escrow, logs, block);
  if (differences.length > 0) throw new Error(differences.join('\n'));
  if (agreements.size !== 4) throw new Error(`${agreements.size} agreements instead of 4`);
  const told = execFileSync(process.execPath, [fileURLToPath(new URL('recompute.mjs', import.meta.url)), url, escrow], { encoding: 'utf8' });
  if (told.trim().split('\n').length !== 5) throw new Error(`four agreements and a token, told as:\n${told}`);
  const money = logs.filter(({ eventName }) => eventName !== 'MilestoneSubmitted');
  for (const lost of money) await mustDiffer(logs.filter(log => log !== lost), block, `without ${lost.eventName}`);
  let changed = 0;
  for (const log of money) {
    for (const [name, value] of Object.entries(log.args)) {
      if (typeof value !== 'bigint') continue;
      const lie = { ...log, args: { ...log.args, [name]: value + 1n } };
      await mustDiffer(logs.map(other => (other === log ? lie : other)), block, `${log.eventName} with another ${name}`);
      changed += 1;
    }
  }
  console.log(`viem: ${agreements.size} agreements, ${logs.length} logs, every sum equal; `
    + `${money.length} lost logs and ${changed} changed numbers noticed`);
}

async function mustDiffer(logs, block, how) {
  if ((await compare(client, escrow, logs, block)).differences.length === 0) throw new Error(`nothing differs ${how}`);
}
