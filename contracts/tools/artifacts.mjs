// node tools/artifacts.mjs write | --check
// From a clean release build of each contract that is deployed: artifacts/<Name>.json, which is {abi, bytecode}, minified, keys sorted,
// without the compiler's internal types; and snapshots/<Name>.storage.txt, which is its storage layout as text.
// `write` stores them; `--check` fails when what is stored differs from what the sources give.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const contracts = ['BraintrustToken', 'DevelopmentDollar', 'PanelCourt', 'Policy', 'Reputation', 'TimelockController', 'WorkAgreements'];
// The owner of the policy, as OpenZeppelin wrote it.
const others = ['node_modules/@openzeppelin/contracts/governance/TimelockController.sol'];
const root = fileURLToPath(new URL('..', import.meta.url));
const mode = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'artifacts-'));

try {
  if (mode !== 'write' && mode !== '--check') throw new Error('usage: node tools/artifacts.mjs write | --check');
  build(scratch);
  const files = contracts.flatMap(filesOf);
  if (mode === 'write') files.forEach(({ path, text }) => writeFileSync(join(root, path), text));
  const stale = files.filter(({ path, text }) => stored(path) !== text).map(({ path }) => path);
  if (stale.length > 0) throw new Error(`differ from the sources (node tools/artifacts.mjs write): ${stale.join(', ')}`);
  console.log(`artifacts: ${files.length} files identical to a clean build`);
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
    ['build', 'src', ...others, '--force', '--extra-output', 'storageLayout', '--out', `${out}/out`, '--cache-path', `${out}/cache`],
    { cwd: root, env: { ...process.env, FOUNDRY_PROFILE: 'release' }, encoding: 'utf8' });
  if (run.error) throw new Error(`${run.error.message} (npm ci --ignore-scripts in tools/foundry brings forge)`);
  if (run.status !== 0) throw new Error(run.stdout + run.stderr);
}

function filesOf(name) {
  const built = JSON.parse(readFileSync(join(scratch, 'out', `${name}.sol`, `${name}.json`), 'utf8'));
  const artifact = sorted({ abi: built.abi, bytecode: built.bytecode.object });
  return [
    { path: `artifacts/${name}.json`, text: JSON.stringify(artifact) + '\n' },
    { path: `snapshots/${name}.storage.txt`, text: layout(built.storageLayout) },
  ];
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).filter(key => key !== 'internalType').sort();
  return Object.fromEntries(keys.map(key => [key, sorted(value[key])]));
}

function layout({ storage, types }) {
  const row = ({ slot, offset, type, label }) =>
    `${slot}\t${offset}\t${types[type].numberOfBytes}\t${label}\t${types[type].label}\n`;
  const structs = Object.values(types).filter(type => type.members).sort((a, b) => (a.label < b.label ? -1 : 1));
  return 'slot\toffset\tbytes\tname\ttype\n' + storage.map(row).join('')
    + structs.map(type => `\n${type.label}\n${type.members.map(row).join('')}`).join('');
}

function stored(path) {
  try { return readFileSync(join(root, path), 'utf8'); } catch { return undefined; }
}
