// Emits vectors that viem computes for seeded random inputs: node viem.mjs SEED COUNT
import {
  encodeAbiParameters, getContractAddress, hashMessage, hashTypedData, keccak256, toFunctionSelector,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { emit } from './emit.mjs';

let state = Number(process.argv[2] ?? 1) >>> 0;
const count = Number(process.argv[3] ?? 100);

// mulberry32: small, seeded, the same everywhere
const next = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
};
const below = (n) => next() % n;
const pick = (list) => list[below(list.length)];
const hex = (bytes) => `0x${Array.from({ length: bytes }, () => below(256).toString(16).padStart(2, '0')).join('')}`;
const list = (length, make) => Array.from({ length }, (_, i) => make(i));
const key = () => `0x${keccak256(hex(32)).slice(2)}`;
const address = () => privateKeyToAccount(key()).address;

const integer = (bits) => {
  const used = pick([bits, bits, 1 + below(bits)]);
  const value = BigInt.asUintN(used, BigInt(hex(Math.ceil(used / 8))));
  return pick([value, value, 0n, (1n << BigInt(bits)) - 1n]);
};
const signed = (bits) => BigInt.asIntN(bits, integer(bits));
const text = () => list(below(40), () => pick([...'abc XYZ 0189 éßø 漢字 😀 \n"\\'])).join('');

const plainType = () => {
  switch (below(7)) {
    case 0: return `uint${8 * (1 + below(32))}`;
    case 1: return `int${8 * (1 + below(32))}`;
    case 2: return `bytes${1 + below(32)}`;
    case 3: return 'address';
    case 4: return 'bool';
    case 5: return 'bytes';
    default: return 'string';
  }
};
const plainValue = (type) => {
  if (type === 'address') return address();
  if (type === 'bool') return below(2) === 1;
  if (type === 'string') return text();
  if (type === 'bytes') return hex(below(100));
  if (type.startsWith('bytes')) return hex(Number(type.slice(5)));
  return type.startsWith('uint') ? integer(Number(type.slice(4))) : signed(Number(type.slice(3)));
};

// An ABI parameter as viem wants it, its canonical name, and a maker of values: for viem and for us.
const parameter = (depth, name) => {
  const shape = depth === 0 ? 0 : below(4);
  if (shape === 1) {
    const members = list(1 + below(4), (i) => parameter(depth - 1, `m${i}`));
    return {
      abi: { name, type: 'tuple', components: members.map((m) => m.abi) },
      canonical: `(${members.map((m) => m.canonical).join(',')})`,
      make: () => {
        const made = members.map((m) => m.make());
        return { theirs: Object.fromEntries(made.map((m, i) => [`m${i}`, m.theirs])), ours: made.map((m) => m.ours) };
      },
    };
  }
  if (shape === 2) {
    const inner = parameter(depth - 1, name);
    const fixed = below(2) === 1 ? 1 + below(3) : null;
    const suffix = `[${fixed ?? ''}]`;
    return {
      abi: { ...inner.abi, type: inner.abi.type + suffix },
      canonical: inner.canonical + suffix,
      make: () => {
        const made = list(fixed ?? below(4), () => inner.make());
        return { theirs: made.map((m) => m.theirs), ours: made.map((m) => m.ours) };
      },
    };
  }
  const type = plainType();
  return {
    abi: { name, type },
    canonical: type,
    make: () => {
      const value = plainValue(type);
      // viem takes small integers as numbers
      const small = /^u?int(8|16|24|32|40|48)$/.test(type);
      return { theirs: small ? Number(value) : value, ours: value };
    },
  };
};

for (let i = 0; i < count; i++) {
  const parameters = list(1 + below(5), (at) => parameter(3, `p${at}`));
  const made = parameters.map((p) => p.make());
  emit({
    kind: 'abi', name: `viem ${i}`, types: parameters.map((p) => p.canonical), values: made.map((m) => m.ours),
    encoded: encodeAbiParameters(parameters.map((p) => p.abi), made.map((m) => m.theirs)),
  });
  const signature = `f${below(1000)}(${parameters.map((p) => p.canonical).join(',')})`;
  emit({ kind: 'selector', name: signature.slice(0, 60), signature, selector: toFunctionSelector(`function ${signature}`) });
}

// Structs S0..Sn; each may hold the later ones and arrays of them, so that they nest without end.
const typedData = () => {
  const structs = 1 + below(4);
  const types = {};
  for (let s = structs - 1; s >= 0; s--) {
    types[`S${s}`] = list(1 + below(5), (i) => {
      const later = structs - 1 - s;
      const base = later > 0 && below(2) === 1 ? `S${s + 1 + below(later)}` : plainType();
      return { name: `f${i}`, type: base + pick(['', '', '[]', '[2]', '[][2]']) };
    });
  }
  const value = (type) => {
    const array = /^(.*)\[(\d*)\]$/.exec(type);
    if (array) return list(array[2] ? Number(array[2]) : below(3), () => value(array[1]));
    return types[type] ? Object.fromEntries(types[type].map((f) => [f.name, value(f.type)])) : plainValue(type);
  };
  const domain = Object.fromEntries(Object.entries({
    name: text(), version: '1', chainId: 1 + below(100000), verifyingContract: address(), salt: hex(32),
  }).filter(() => below(3) > 0));
  return { types, primaryType: 'S0', domain, message: value('S0') };
};

for (let i = 0; i < count; i++) {
  const data = typedData();
  const account = privateKeyToAccount(key());
  const secret = hex(32);
  const signer = privateKeyToAccount(keccak256(secret));
  emit({
    kind: 'typedData', name: `viem ${i}`, data, digest: hashTypedData(data),
    key: keccak256(secret), address: signer.address, signature: await signer.signTypedData(data),
  });

  const message = hex(below(200));
  emit({
    kind: 'personal', name: `viem ${i}`, message, digest: hashMessage({ raw: message }),
    key: keccak256(secret), address: signer.address, signature: await signer.signMessage({ message: { raw: message } }),
  });

  const transaction = {
    type: 'eip1559', chainId: 1 + below(1 << 30), nonce: below(1 << 30), maxPriorityFeePerGas: integer(64),
    maxFeePerGas: integer(64) + (1n << 64n), gas: integer(48), to: pick([account.address, account.address, undefined]),
    value: integer(128), data: hex(below(300)),
    accessList: list(below(3), () => ({ address: address(), storageKeys: list(below(3), () => hex(32)) })),
  };
  const raw = await signer.signTransaction(transaction);
  emit({
    kind: 'transaction', name: `viem ${i}`, key: keccak256(secret), address: signer.address, signed: raw, hash: keccak256(raw),
    chainId: `${transaction.chainId}`, nonce: `${transaction.nonce}`, tip: transaction.maxPriorityFeePerGas,
    cap: transaction.maxFeePerGas, gas: transaction.gas, to: transaction.to ?? null, value: transaction.value,
    data: transaction.data, accessList: transaction.accessList,
  });

  const nonce = pick([below(3), below(300), below(1 << 30)]);
  emit({ kind: 'create', name: `viem ${i}`, from: account.address, nonce: `${nonce}`, address: getContractAddress({ from: account.address, nonce: BigInt(nonce) }) });
}
