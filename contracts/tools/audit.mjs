// node tools/audit.mjs write | --check
// Keeps AUDIT.md true: every test it names exists, every row of its threats names one, and its register holds the hash of
// each artifact's creation code. `write` brings the register up to date; `--check` fails where anything differs.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { keccak256 } = createRequire(require.resolve('solc'))('js-sha3');
const register = /(\| contract \|[^\n]*\n\|[-| ]+\n)((?:\|[^\n]*\n)*)/;

try {
  const mode = process.argv[2];
  if (mode !== 'write' && mode !== '--check') throw new Error('usage: node tools/audit.mjs write | --check');
  const page = readFileSync(join(root, 'AUDIT.md'), 'utf8');
  const named = checkTests(page);
  const fresh = page.replace(register, (_, head) => head + rows());
  if (mode === 'write') writeFileSync(join(root, 'AUDIT.md'), fresh);
  else if (fresh !== page || !register.test(page)) throw new Error('the register differs from artifacts/ (node tools/audit.mjs write)');
  console.log(`audit: ${named} tests named, all exist; the register is that of artifacts/`);
} catch (error) {
  console.error(`audit: ${error.message}`);
  process.exitCode = 1;
}

function checkTests(page) {
  const exist = new Set(sources('test').flatMap(text => [...text.matchAll(/function ((?:test|invariant)_\w+)/g)].map(match => match[1])));
  const named = text => [...text.matchAll(/`((?:test|invariant)_\w+)`/g)].map(match => match[1]);
  const missing = named(page).filter(name => !exist.has(name));
  if (missing.length > 0) throw new Error(`no such test: ${missing.join(', ')}`);
  const threats = page.split('## Threats')[1].split('\n## ')[0].split('\n').filter(line => /^\| (?!threat|-)/.test(line));
  const untested = threats.filter(line => named(line).length === 0);
  if (threats.length === 0 || untested.length > 0) throw new Error(`threats without a test: ${untested.join('\n') || 'all'}`);
  return new Set(named(page)).size;
}

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true }).filter(name => name.endsWith('.sol'))
    .map(name => readFileSync(join(root, folder, name), 'utf8'));
}

function rows() {
  return readdirSync(join(root, 'artifacts')).sort().map(file => {
    const code = Buffer.from(JSON.parse(readFileSync(join(root, 'artifacts', file), 'utf8')).bytecode.slice(2), 'hex');
    return `| ${file.replace('.json', '')} | ${code.length} | \`0x${keccak256(code)}\` |\n`;
  }).join('');
}
