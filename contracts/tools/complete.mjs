// node tools/complete.mjs
// What the sources promise and nobody would miss at once: every external function, event and custom error says what it is
// (NatSpec: `@notice`, or `@inheritdoc` from one that does), and every custom error is named by a test, by the interface
// that declares it or by a contract that has it.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const solc = createRequire(import.meta.url)('solc');
const KINDS = { FunctionDefinition: 'function', EventDefinition: 'event', ErrorDefinition: 'error', VariableDeclaration: 'variable' };

try {
  const contracts = parsed(sources('src'));
  const declared = contracts.flatMap(contract => contract.nodes.filter(isOutside).map(node => ({ contract, node })));
  const silent = declared.filter(({ contract, node }) => !/@notice|@inheritdoc/.test(said(contract, node))).map(told);
  if (silent.length > 0) throw new Error(`no NatSpec: ${silent.join(', ')}`);
  const errors = declared.filter(({ node }) => node.nodeType === 'ErrorDefinition');
  const named = new Set(sources('test').flatMap(({ text }) => [...text.matchAll(/\b(\w+\.\w+)\.selector\b/g)].map(match => match[1])));
  const untested = errors.filter(({ contract, node }) =>
    !heirs(contracts, contract.name).some(heir => named.has(`${heir}.${node.name}`))).map(told);
  if (untested.length > 0) throw new Error(`custom errors that no test names: ${untested.join(', ')}`);
  if (errors.length === 0) throw new Error('no custom errors found');
  console.log(`complete: ${declared.length} functions, events and errors say what they are; tests name all ${errors.length} custom errors`);
} catch (error) {
  console.error(`complete: ${error.message}`);
  process.exitCode = 1;
}

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true }).filter(name => name.endsWith('.sol')).sort()
    .map(name => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), 'utf8') }));
}

function parsed(files) {
  const output = JSON.parse(solc.compile(JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(files.map(({ path, text }) => [path, { content: text }])),
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  })));
  const wrong = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (wrong.length > 0) throw new Error(wrong[0].formattedMessage);
  return files.flatMap(({ path, text }) => output.sources[path].ast.nodes
    .filter(({ nodeType }) => nodeType === 'ContractDefinition').map(contract => ({ ...contract, text })));
}

// A constructor has its parameters explained; the rest can be called, logged or thrown.
function isOutside(node) {
  if (node.nodeType === 'FunctionDefinition') return node.kind !== 'constructor' && /external|public/.test(node.visibility);
  if (node.nodeType === 'VariableDeclaration') return node.visibility === 'public';
  return node.nodeType in KINDS;
}

// The parser keeps no comments of variables: theirs are the `///` lines above, by the bytes of the source.
function said({ text }, { nodeType, documentation, src }) {
  if (nodeType !== 'VariableDeclaration') return documentation?.text ?? '';
  const above = Buffer.from(text).subarray(0, Number(src.split(':')[0])).toString();
  return /((?:[ \t]*\/\/\/[^\n]*\n)*)[ \t]*$/.exec(above)[1];
}

function told({ contract, node }) {
  return `${KINDS[node.nodeType]} ${contract.name}.${node.name}`;
}

/** The names under which what a contract declares can be written: its own, and those of all that inherit it. */
function heirs(contracts, name) {
  const below = contracts.filter(({ baseContracts }) => baseContracts.some(({ baseName }) => baseName.name === name));
  return [name, ...below.flatMap(heir => heirs(contracts, heir.name))];
}
