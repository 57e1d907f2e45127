// node tools/register.mjs write | --check
// Keeps audits.json: who reviewed which code, when, and what came of it. A record is about one hash (keccak-256 of creation
// code without arguments), so it says nothing of any other code. Records are added and never changed: `write` adds what is
// true of code that has none, that nobody else reviewed it; a record of an audit is written by hand. `--check` fails where a
// record is malformed or code in artifacts/ has none.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { keccak256 } = createRequire(require.resolve('solc'))('js-sha3');
const file = join(root, 'audits.json');
const hash = /^0x[0-9a-f]{64}$/;
const verdicts = ['self-reviewed', 'passed', 'passed with findings', 'failed'];

// OpenZeppelin's own code is audited by others, who published so; those reports name sources, not this compiler's bytes.
const scopes = { TimelockController: 'deployment and roles; the source is OpenZeppelin\'s, unchanged' };

try {
  const mode = process.argv[2];
  if (mode !== 'write' && mode !== '--check') throw new Error('usage: node tools/register.mjs write | --check');
  const records = JSON.parse(readFileSync(file, 'utf8'));
  const missing = artifacts().filter(code => !records.some(record => record.creationCodeHash === code.creationCodeHash));
  if (mode === 'write') {
    records.push(...missing.map(unreviewed));
    writeFileSync(file, JSON.stringify(records, null, 2) + '\n');
  } else if (missing.length > 0) {
    throw new Error(`no record of ${missing.map(({ contract }) => contract).join(', ')} as it is (node tools/register.mjs write)`);
  }
  const problems = records.flatMap(problemsOf);
  if (problems.length > 0) throw new Error(problems.join('; '));
  console.log(`register: ${records.length} records, every code in artifacts/ has one`);
} catch (error) {
  console.error(`register: ${error.message}`);
  process.exitCode = 1;
}

function artifacts() {
  return readdirSync(join(root, 'artifacts')).sort().map(name => {
    const { bytecode } = JSON.parse(readFileSync(join(root, 'artifacts', name), 'utf8'));
    return { contract: name.replace('.json', ''), creationCodeHash: `0x${keccak256(Buffer.from(bytecode.slice(2), 'hex'))}` };
  });
}

function unreviewed({ contract, creationCodeHash }) {
  return {
    contract, creationCodeHash, date: new Date().toISOString().slice(0, 10), auditor: 'none',
    scope: scopes[contract] ?? 'AUDIT.md: threats, tests, proofs and mutants by the authors', commit: null, reportHash: null,
    verdict: 'self-reviewed',
  };
}

function problemsOf(record, index, records) {
  const names = ['contract', 'creationCodeHash', 'date', 'auditor', 'scope', 'commit', 'reportHash', 'verdict'];
  const rules = {
    'has exactly the members of a record': JSON.stringify(Object.keys(record)) === JSON.stringify(names),
    'names its code by a hash': hash.test(record.creationCodeHash),
    'is dated': /^\d{4}-\d{2}-\d{2}$/.test(record.date) && !Number.isNaN(Date.parse(record.date)),
    'stands in the order of dates': index === 0 || records[index - 1].date <= record.date,
    'has a verdict': verdicts.includes(record.verdict),
    'says who, and of what': [record.contract, record.auditor, record.scope].every(text => typeof text === 'string' && text.length > 0),
    'is by nobody exactly when it is self-reviewed': (record.auditor === 'none') === (record.verdict === 'self-reviewed'),
    'names commit and report of an audit': record.auditor === 'none'
      ? record.commit === null && record.reportHash === null
      : /^[0-9a-f]{40}$/.test(record.commit) && hash.test(record.reportHash),
  };
  return Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => `record ${index} (${record.contract}) must: ${rule}`);
}
