// node tools/artifacts.mjs write | --check
// A clean release build of each contract, reduced to {abi, bytecode}: minified, keys sorted, no compiler-internal types.
// `write` stores it in artifacts/; `--check` fails when what is stored differs from what the sources give.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const contracts = ['BraintrustToken', 'WorkAgreements'];
const root = fileURLToPath(new URL('..', import.meta.url));
const mode = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'artifacts-'));

try {
  if (mode !== 'write' && mode !== '--check') throw new Error('usage: node tools/artifacts.mjs write | --check');
  build(scratch);
  const stale = contracts.filter(name => !(mode === 'write' ? write : same)(name, artifact(name)));
  if (stale.length > 0) throw new Error(`not what the sources give (node tools/artifacts.mjs write): ${stale.join(', ')}`);
  console.log(`artifacts: ${contracts.length} ${mode === 'write' ? 'written' : 'identical to a clean build'}`);
} catch (error) {
  console.error(`artifacts: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true });
}

function build(out) {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folder = `tools/foundry/node_modules/@foundry-rs/forge-${process.platform}-${cpu}`;
  const run = spawnSync(join(root, folder, `bin/forge${suffix}`),
    ['build', '--force', '--out', join(out, 'out'), '--cache-path', join(out, 'cache')],
    { cwd: root, env: { ...process.env, FOUNDRY_PROFILE: 'release' }, encoding: 'utf8' });
  if (run.error) throw new Error(`${run.error.message} (npm ci --ignore-scripts in tools/foundry brings forge)`);
  if (run.status !== 0) throw new Error(run.stdout + run.stderr);
}

function artifact(name) {
  const { abi, bytecode } = JSON.parse(readFileSync(join(scratch, 'out', `${name}.sol`, `${name}.json`), 'utf8'));
  return JSON.stringify(sorted({ abi, bytecode: bytecode.object })) + '\n';
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).filter(key => key !== 'internalType').sort();
  return Object.fromEntries(keys.map(key => [key, sorted(value[key])]));
}

function write(name, text) {
  writeFileSync(join(root, 'artifacts', `${name}.json`), text);
  return true;
}

function same(name, text) {
  try { return readFileSync(join(root, 'artifacts', `${name}.json`), 'utf8') === text; } catch { return false; }
}
