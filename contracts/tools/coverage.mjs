// node tools/coverage.mjs [--floor PERCENT]
// Which lines of src the tests run, without the invariants and the gas paths. Takes minutes: forge compiles everything
// through the IR without an optimizer. Lines inside assembly are in no source map of that build; a block counts as run when
// the statement before it was, for a block is entered whole. The others that are named as not run are read by hand: forge
// moves the last statement of some loops and functions to their neighbour.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({ options: { floor: { type: 'string', default: '98' } } });
const SLOW = ['Gas.t.sol', 'Growth.t.sol', 'invariant/*', 'court/Gas.t.sol', 'court/invariant/*', 'reputation/Gas.t.sol',
  'reputation/invariant/*'];
// Its token reads the escrow within the gas that a payment gets, which code without an optimizer does not fit in.
const TIGHT = 'test_hook_readsFinishedState';

function measure() {
  const report = join(root, 'cache/coverage.info');
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const forge = join(root, `tools/foundry/node_modules/@foundry-rs/forge-${process.platform}-${cpu}/bin/forge`);
  mkdirSync(join(root, 'cache'), { recursive: true });
  const { status, stdout, stderr } = spawnSync(forge, ['coverage', '--ir-minimum', '--report', 'lcov', '--report-file', report,
    '--no-match-path', `test/{${SLOW.join(',')}}`, '--no-match-test', TIGHT], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stdout.slice(-4000) + stderr);
  return readFileSync(report, 'utf8').split('end_of_record').map(parse).filter(({ file }) => file?.startsWith('src/'));
}

function parse(record) {
  const fields = prefix => record.split('\n').filter(line => line.startsWith(prefix)).map(line => line.slice(prefix.length));
  return { file: fields('SF:')[0], runs: new Map(fields('DA:').map(line => line.split(',').map(Number))) };
}

/** The first line of the assembly block that each line inside one belongs to. */
function assembly(file) {
  const blocks = new Map();
  let first = 0, end;
  readFileSync(join(root, file), 'utf8').split('\n').forEach((text, index) => {
    if (first === 0 && /^\s*assembly\b.*\{$/.test(text)) [first, end] = [index + 1, `${/^\s*/.exec(text)[0]}}`];
    else if (first > 0 && text === end) first = 0;
    if (first > 0) blocks.set(index + 1, first);
  });
  return blocks;
}

function judge({ file, runs }) {
  const blocks = assembly(file), lines = [...runs.keys()].sort((left, right) => left - right);
  const before = line => lines.findLast(other => other < blocks.get(line));
  const ran = line => runs.get(line) > 0 || (blocks.has(line) && runs.get(before(line)) > 0);
  const missed = lines.filter(line => !ran(line));
  return { file, lines: lines.length, missed, seen: lines.filter(line => runs.get(line) > 0).length,
    hidden: lines.filter(line => blocks.has(line)).length };
}

try {
  const files = measure().map(judge);
  const sum = field => files.reduce((total, file) => total + file[field], 0);
  for (const { file, lines, missed } of files) {
    console.log(`${file.padEnd(36)} ${lines - missed.length} of ${lines}${missed.length ? `, not: ${missed.join(', ')}` : ''}`);
  }
  const lines = sum('lines'), ran = lines - files.reduce((total, { missed }) => total + missed.length, 0);
  const percent = count => `${(100 * count / lines).toFixed(1)} %`;
  console.log(`coverage: ${ran} of ${lines} lines (${percent(ran)}); by forge's map alone ${sum('seen')} (${percent(sum('seen'))}), `
    + `${sum('hidden')} lines are assembly`);
  process.exitCode = 100 * ran >= Number(options.floor) * lines ? 0 : 1;
} catch (error) {
  console.error(`coverage: ${error.message}`);
  process.exitCode = 1;
}
