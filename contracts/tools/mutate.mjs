// node tools/mutate.mjs [--all | --sample N --seed S | --ids A,B] [--list] [--seconds N] [--json FILE]
// Changes the money contracts in one place at a time and asks the tests whether they notice. A mutant is compiled alone
// and put in the place of the shipped artifact; its file's own tests run first, then every unit test of its contract,
// and whoever is still alive is built with everything and meets the constructors' tests and the invariants too.
// Fails when a mutant survives that tools/mutation/equivalents.json does not explain.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applied, mutantsOf } from './mutation/operators.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = join(root, 'cache/mutation');
const read = path => readFileSync(join(root, path), 'utf8');
const json = path => JSON.parse(read(path));
const { contracts, tests } = json('tools/mutation/map.json');
const equivalents = json('tools/mutation/equivalents.json');
const LIMIT = 600_000; // milliseconds that one run of tests may take, many times what it takes on a busy machine

const { values: options } = parseArgs({ options: {
  all: { type: 'boolean' }, sample: { type: 'string' }, seed: { type: 'string', default: '1' }, ids: { type: 'string' },
  list: { type: 'boolean' }, seconds: { type: 'string' }, json: { type: 'string' },
} });

function main() {
  const mutants = Object.keys(contracts).flatMap(sourcesOf).flatMap(file => mutantsOf(file, read(file)));
  const known = new Set(mutants.map(({ id }) => id));
  const stale = Object.keys(equivalents).filter(id => !known.has(id));
  if (stale.length > 0) throw new Error(`equivalents.json explains what is no mutant any more: ${stale.join(', ')}`);
  const chosen = choose(mutants);
  if (options.list) {
    for (const mutant of chosen) console.log(`${mutant.id}  ${told(mutant)}`);
    console.log(`mutate: ${chosen.length} of ${mutants.length} mutants`);
    return 0;
  }
  prepare(chosen);
  return report(mutants.length, chosen, run(chosen));
}

function sourcesOf(path) {
  if (path.endsWith('.sol')) return [path];
  return readdirSync(join(root, path)).sort().map(name => `${path}/${name}`).filter(file => !(file in contracts));
}

function choose(mutants) {
  if (options.ids) return options.ids.split(',').map(id => mutants.find(mutant => mutant.id === id)
    ?? (() => { throw new Error(`no mutant ${id}`); })());
  if (options.sample === undefined) return options.all || options.list ? mutants : fail('say --all, --sample N or --ids');
  // By the hash of their names, so that a change of one file moves no other file's mutants in or out.
  const rank = ({ id }) => createHash('sha256').update(`${options.seed} ${id}`).digest('hex');
  return [...mutants].sort((left, right) => (rank(left) < rank(right) ? -1 : 1)).slice(0, Number(options.sample));
}

function fail(message) {
  throw new Error(message);
}

// A copy of the project that keeps what it built before; without any mutant its tests pass.
function prepare(chosen) {
  mkdirSync(bench, { recursive: true });
  for (const part of ['src', 'test', 'artifacts', 'foundry.toml', 'package.json', 'tools/solc']) {
    rmSync(join(bench, part), { recursive: true, force: true });
    cpSync(join(root, part), join(bench, part), { recursive: true, preserveTimestamps: true });
  }
  for (const part of ['out/default', 'cache/default']) {
    if (existsSync(join(bench, part)) || !existsSync(join(root, part))) continue;
    cpSync(join(root, part), join(bench, part), { recursive: true, preserveTimestamps: true });
  }
  if (!existsSync(join(bench, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(bench, 'node_modules'));
  forge(['build'], {}, 600_000);
  for (const name of new Set(Object.values(contracts))) place(name, compile(name));
  const files = new Set(chosen.flatMap(({ file }) => tests[file]));
  const unchanged = unit(`test/{${[...files].join(',')}}`, { FOUNDRY_FUZZ_RUNS: '16' });
  if (unchanged.killed) throw new Error(`a test fails without any mutant: ${unchanged.by}`);
}

function run(chosen) {
  const results = [], end = options.seconds ? Date.now() + Number(options.seconds) * 1000 : Infinity;
  for (const mutant of chosen) {
    if (Date.now() > end) break;
    results.push(tell({ ...mutant, ...judge(mutant) }));
  }
  for (const result of results.filter(({ verdict }) => verdict === 'alive')) {
    const { killed, by } = builtWith(result);
    tell(Object.assign(result, { verdict: killed ? 'killed' : 'survived', by }));
  }
  return results;
}

function tell(result) {
  console.log(`${result.verdict.padEnd(9)} ${result.id}  ${told(result)}${result.by ? `  <- ${result.by}` : ''}`);
  return result;
}

function judge(mutant) {
  if (mutant.id in equivalents) return { verdict: 'explained' };
  const name = contractOf(mutant.file);
  const bytecode = compile(name, mutant.file, applied(read(mutant.file), mutant));
  if (bytecode === undefined) return { verdict: 'stillborn' };
  if (bytecode === compiled.get(name)) return { verdict: 'identical' };
  place(name, bytecode);
  try {
    const first = unit(`test/{${tests[mutant.file].join(',')}}`, { FOUNDRY_FUZZ_RUNS: '16' });
    if (first.killed) return { verdict: 'killed', by: first.by };
    const all = unit('test/**', {});
    return all.killed ? { verdict: 'killed', by: all.by } : { verdict: 'alive' };
  } finally {
    place(name, compiled.get(name));
  }
}

const contractOf = file => contracts[file] ?? contracts[file.slice(0, file.lastIndexOf('/'))];

// ------------------------------------------------------------------------------------------------- compiling

const compiled = new Map(); // by contract, without a mutant

function compile(name, file, text) {
  const solc = compile.solc ??= createRequire(import.meta.url)('solc');
  const entry = `src/${{ PanelCourt: 'court/', Reputation: 'reputation/' }[name] ?? ''}${name}.sol`;
  const content = path => (path === file ? text : read(path));
  const output = JSON.parse(solc.compile(JSON.stringify({
    language: 'Solidity',
    sources: { [entry]: { content: content(entry) } },
    settings: {
      optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun',
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      remappings: ['@openzeppelin/=node_modules/@openzeppelin/'],
      outputSelection: { [entry]: { [name]: ['evm.bytecode.object'] } },
    },
  }), { import: path => ({ contents: content(path) }) }));
  const bytecode = output.contracts?.[entry]?.[name]?.evm.bytecode.object || undefined;
  if (file === undefined) {
    if (bytecode === undefined) throw new Error(JSON.stringify(output.errors));
    compiled.set(name, bytecode);
  }
  return bytecode;
}

function place(name, bytecode) {
  writeFileSync(join(bench, `artifacts/${name}.json`), JSON.stringify({ bytecode: `0x${bytecode}` }));
}

// ------------------------------------------------------------------------------------------------- testing

const gas = ['Gas.t.sol', 'Growth.t.sol', 'court/Gas.t.sol', 'reputation/Gas.t.sol'];
const long = ['invariant/*', 'court/invariant/*', 'reputation/invariant/*'];

function unit(path, environment) {
  return forge(['test', '--fail-fast', '--match-path', path, '--no-match-path', `test/{${[...gas, ...long].join(',')}}`],
    { SHIPPED: 'true', ...environment }, LIMIT);
}

// The source itself is changed and everything built: for tests that do not deploy artifacts.
function builtWith(mutant) {
  const path = join(bench, mutant.file), source = read(mutant.file);
  writeFileSync(path, applied(source, mutant));
  try {
    return forge(['test', '--fail-fast', '--deny', 'never', '--no-match-path', `test/{${gas.join(',')}}`],
      { FOUNDRY_INVARIANT_RUNS: '16', FOUNDRY_FUZZ_RUNS: '64' }, 2 * LIMIT);
  } finally {
    writeFileSync(path, source);
  }
}

function forge(args, environment, timeout) {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const program = join(root, `tools/foundry/node_modules/@foundry-rs/forge-${process.platform}-${cpu}/bin/forge`);
  const ended = spawnSync(program, args,
    { cwd: bench, env: { ...process.env, ...environment }, encoding: 'utf8', timeout, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 });
  if (ended.error?.code === 'ETIMEDOUT') return { killed: true, by: 'the time limit' };
  if (ended.error) throw new Error(`${ended.error.message} (npm ci --ignore-scripts in tools/foundry brings forge)`);
  if (ended.status === 0) return { killed: false };
  // An invariant's calls stand between the word and its name.
  const failure = /\[FAIL[^\n]*\] (\w+)/.exec(ended.stdout) ?? /\[FAIL[\s\S]*?\b(invariant_\w+)\(/.exec(ended.stdout);
  if (!failure) throw new Error(ended.stdout + ended.stderr);
  return { killed: true, by: failure[1] };
}

// ------------------------------------------------------------------------------------------------- telling

function told({ file, line, operator, before, after, context }) {
  const change = before === context ? before : `${context}: ${before}`;
  return `${file}:${line} ${operator}: ${change.replace(/\s+/g, ' ')} -> ${after || 'nothing'}`;
}

function report(total, chosen, results) {
  const count = verdict => results.filter(result => result.verdict === verdict).length;
  const sums = Object.fromEntries(['killed', 'survived', 'explained', 'identical', 'stillborn'].map(name => [name, count(name)]));
  const mutants = results.map(({ at, length, context, ...rest }) => rest);
  if (options.json) writeFileSync(options.json, JSON.stringify({ total, chosen: chosen.length, ran: results.length, ...sums, mutants }, null, 1));
  const judged = sums.killed + sums.survived;
  console.log(`mutate: ${results.length} of ${chosen.length} chosen of ${total}: ${sums.killed} of ${judged} killed, `
    + `${sums.explained} explained, ${sums.identical} the same code, ${sums.stillborn} do not compile`);
  return sums.survived === 0 && judged > 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`mutate: ${error.message}`);
  process.exitCode = 1;
}
