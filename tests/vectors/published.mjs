// Converts the published cases of @ethersproject/testcases into the lines that the C# cross-check reads.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import zlib from 'node:zlib';
import { emit } from './emit.mjs';

const folder = path.join(path.dirname(createRequire(import.meta.url).resolve('@ethersproject/testcases/package.json')), 'testcases');
const load = (name) => JSON.parse(zlib.gunzipSync(fs.readFileSync(path.join(folder, `${name}.json.gz`))));

const canonical = (parameter) => parameter.type.startsWith('tuple')
  ? `(${parameter.components.map(canonical).join(',')})${parameter.type.slice(5)}`
  : parameter.type.replace(/^(u?int)(?=\[|$)/, '$1256');

// {type: 'number', value: '1'}, {type: 'tuple', value: [...]}, or a plain list of such
const plain = (value) => Array.isArray(value) ? value.map(plain)
  : value !== null && typeof value === 'object' ? plain(value.value)
  : value;

for (const one of load('accounts')) {
  emit({ kind: 'checksum', name: one.name, address: one.checksumAddress });
  if (one.privateKey) emit({ kind: 'account', name: one.name, key: one.privateKey, address: one.checksumAddress });
}
for (const one of load('hashes')) emit({ kind: 'keccak', name: one.data.slice(0, 40), data: one.data, hash: one.keccak256 });
for (const one of load('contract-signatures')) emit({ kind: 'selector', name: one.name, signature: one.signature, selector: one.sigHash });
for (const one of load('rlp-coder')) emit({ kind: 'rlp', name: one.name, decoded: one.decoded, encoded: one.encoded });
for (const file of ['contract-interface', 'contract-interface-abi2']) {
  for (const one of load(file)) {
    const outputs = JSON.parse(one.interface).find((entry) => entry.name === 'test').outputs;
    emit({ kind: 'abi', name: `${file} ${one.name}`, types: outputs.map(canonical), values: plain(JSON.parse(one.normalizedValues ?? one.values)), encoded: one.result });
  }
}
for (const one of load('eip712')) {
  emit({ kind: 'typedData', name: one.name, data: { types: one.types, primaryType: one.primaryType, domain: one.domain, message: one.data }, digest: one.digest });
}
for (const one of load('typed-transactions').filter((one) => one.tx.type === 2)) {
  const { tx } = one;
  emit({
    kind: 'transaction', name: one.name, key: one.key, address: one.address, signed: one.signed,
    chainId: big(tx.chainId), nonce: big(tx.nonce), tip: big(tx.maxPriorityFeePerGas), cap: big(tx.maxFeePerGas), gas: big(tx.gasLimit),
    to: tx.to ?? null, value: big(tx.value), data: tx.data ?? '0x', accessList: tx.accessList ?? [],
  });
}

function big(value) {
  return value === undefined || value === null || value === '0x' ? '0' : BigInt(value).toString();
}
