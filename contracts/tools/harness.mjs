// node tools/harness.mjs write | --check
// From each contract of test/harness, which import nothing: <Name>.json beside it, which is {abi, bytecode}, minified. They
// stand around the shipped contracts in the tests that ask both them and the C# rules. `write` stores them; `--check`
// fails when what is stored differs from what the sources give.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const solc = createRequire(import.meta.url)('solc');
const folder = fileURLToPath(new URL('../test/harness', import.meta.url));
const settings = {
  optimizer: { enabled: true, runs: 200 }, viaIR: true, evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
};

try {
  const mode = process.argv[2];
  if (mode !== 'write' && mode !== '--check') throw new Error('usage: node tools/harness.mjs write | --check');
  const names = readdirSync(folder).filter(file => file.endsWith('.sol')).map(file => file.replace('.sol', ''));
  for (const name of names) {
    const [path, text] = [join(folder, `${name}.json`), built(name)];
    if (mode === 'write') writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) throw new Error(`${name}.json differs from its source (node tools/harness.mjs write)`);
  }
  console.log(`harness: ${names.length} files identical to a clean build`);
} catch (error) {
  console.error(`harness: ${error.message}`);
  process.exitCode = 1;
}

function built(name) {
  const sources = { [`${name}.sol`]: { content: readFileSync(join(folder, `${name}.sol`), 'utf8') } };
  const { contracts, errors } = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
  if (errors) throw new Error(errors.map(error => error.formattedMessage).join('\n'));
  const { abi, evm } = contracts[`${name}.sol`][name];
  return JSON.stringify({ abi, bytecode: `0x${evm.bytecode.object}` }) + '\n';
}
