// node tools/prove.mjs
// Lets the compiler's model checker (its built-in z3) prove every assertion in proofs/, and find every fault planted here.
// "Might happen" is no proof. Each run is a process of its own under a time limit: the checker's own needs a thread, which
// the compiler's npm build does not have.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../proofs', import.meta.url));
const LIMIT = 60_000; // milliseconds for one file

/** Horn clauses for calls in any order; bounded checking, which is complete for one call, where numbers are multiplied. */
const engines = { 'Conservation.sol': 'chc', 'Split.sol': 'bmc' };

/** What must not be provable: [file, text, what replaces it]. */
const planted = [
  ['Split.sol', 'require(talentBps <= BPS);', ''],
  ['Split.sol', 'pay <= amount);', 'pay <= uint256(amount) + 1);'],
  ['Conservation.sol', 'held -= milestone;', ''],
  ['Conservation.sol', 'refunded += milestone - pay - fee;', 'refunded += milestone - pay;'],
];

if (process.argv[2] === '--check') {
  console.log(JSON.stringify(check(process.argv[3], readFileSync(0, 'utf8'))));
} else {
  try {
    prove();
  } catch (error) {
    console.error(`prove: ${error.message}`);
    process.exitCode = 1;
  }
}

function prove() {
  const files = readdirSync(folder).filter(name => name.endsWith('.sol')).sort();
  let proved = 0;
  for (const file of files) {
    const { safe, open } = bounded(file, source(file));
    if (open.length > 0) throw new Error(`${file} is not proved:\n${open.join('\n')}`);
    const asserted = source(file).match(/\bassert\(/g).length;
    if (safe !== asserted) throw new Error(`${file}: ${safe} of ${asserted} assertions proved`);
    proved += safe;
  }
  for (const [file, text, fault] of planted) {
    if (!source(file).includes(text)) throw new Error(`${file} has no '${text}' any more`);
    if (bounded(file, source(file).replace(text, fault)).open.length === 0) throw new Error(`${file}: nobody finds '${fault}'`);
  }
  console.log(`prove: ${proved} assertions proved, ${planted.length} planted faults found`);
}

function source(file) {
  return readFileSync(`${folder}/${file}`, 'utf8');
}

function bounded(file, text) {
  const ended = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--check', file],
    { input: text, encoding: 'utf8', timeout: LIMIT, killSignal: 'SIGKILL' });
  if (ended.status !== 0) return { safe: 0, open: [`${ended.error?.message ?? ended.stderr}`] };
  return JSON.parse(ended.stdout);
}

function check(file, text) {
  const solc = createRequire(import.meta.url)('solc');
  const { errors = [] } = JSON.parse(solc.compile(JSON.stringify({
    language: 'Solidity',
    sources: { [file]: { content: text } },
    settings: {
      modelChecker: { contracts: { [file]: [file.replace('.sol', '')] }, engine: engines[file], targets: ['assert'],
        solvers: ['z3'], showUnproved: true, showProvedSafe: true },
    },
  })));
  const told = errors.filter(({ message }) => !/^The BMC engine of the SMTChecker is deprecated/.test(message));
  const safe = told.filter(({ message }) => /check is safe!/.test(message)).length;
  const open = told.filter(({ message }) => !/check is safe!/.test(message)).map(({ formattedMessage }) => formattedMessage);
  return { safe, open };
}
