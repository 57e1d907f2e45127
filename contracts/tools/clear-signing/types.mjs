// What can be signed: functions from artifacts/, messages from the type strings in the sources that hash them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const typeString = /^[A-Z]\w*\([^()]*\)(?:[A-Z]\w*\([^()]*\))*$/;

export const contracts = {
  BraintrustToken: {
    domain: { name: 'Braintrust', version: '1' },
    sources: ['node_modules/@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol'],
  },
  PanelCourt: { sources: [] },
  Reputation: {
    domain: { name: 'Braintrust Reputation', version: '1' },
    sources: ['src/reputation/Reviews.sol', 'src/reputation/Credentials.sol'],
  },
  WorkAgreements: {
    domain: { name: 'Braintrust WorkAgreements', version: '1' },
    sources: ['src/libraries/TypedCalls.sol', 'src/libraries/TermsLib.sol'],
  },
};

/** Every function that changes something: { name, key, inputs }; `inputs` are {name, type, components?}. */
export function functionsOf(contract) {
  const { abi } = JSON.parse(readFileSync(join(root, 'artifacts', `${contract}.json`), 'utf8'));
  return abi.filter(({ type, stateMutability }) => type === 'function' && !['view', 'pure'].includes(stateMutability))
    .map(({ name, inputs }) => ({ name, key: `${name}(${inputs.map(fragment).join(',')})`, inputs }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Every message that somebody signs; a type that only stands inside another is none. */
export function messagesOf(contract) {
  const keys = new Set(contracts[contract].sources.flatMap(path => hashed(readFileSync(join(root, path), 'utf8'))));
  const inner = new Set([...keys].flatMap(key => [...structs(key).keys()].slice(1)));
  return [...keys].sort().map(key => ({ name: key.slice(0, key.indexOf('(')), key }))
    .filter(({ name }) => name === 'Terms' || !inner.has(name))
    .map(message => ({ ...message, inputs: membersOf(message.key) }));
}

/** The strings inside keccak256(...), with neighbouring literals joined, that are EIP-712 types. */
function hashed(source) {
  return [...source.matchAll(/keccak256\(\s*((?:"[^"]*"\s*)+)\)/g)]
    .map(([, literals]) => [...literals.matchAll(/"([^"]*)"/g)].map(([, text]) => text).join(''))
    .filter(text => typeString.test(text));
}

function structs(key) {
  return new Map([...key.matchAll(/([A-Z]\w*)\(([^()]*)\)/g)].map(([, name, members]) =>
    [name, members.split(',').filter(Boolean).map(member => { const [type, field] = member.split(' '); return { type, name: field }; })]));
}

function membersOf(key) {
  const types = structs(key);
  const expand = members => members.map(({ type, name }) => {
    const struct = type.replace(/\[\d*\]/g, '');
    return types.has(struct)
      ? { name, type: `tuple${type.slice(struct.length)}`, components: expand(types.get(struct)) }
      : { name, type };
  });
  return expand([...types.values()][0]);
}

function fragment({ type, name, components }) {
  const shown = components ? `(${components.map(fragment).join(',')})${type.slice('tuple'.length)}` : type;
  return `${shown} ${name}`;
}

/** Every value that is signed: { path, type, parent }, arrays as `name.[]`. */
export function leaves(inputs, before = '') {
  return inputs.flatMap(({ name, type, components }) => {
    const path = `${before}${name}${type.endsWith(']') ? '.[]' : ''}`;
    return components ? leaves(components, `${path}.`) : [{ path, name, type: type.replace(/\[\d*\]$/, ''), parent: before }];
  });
}
