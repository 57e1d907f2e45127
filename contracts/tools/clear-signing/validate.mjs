// Holds a descriptor to ERC-7730, version 2: written from its text, for the parts of it that are used here.
import { leaves } from './types.mjs';

const integer = /^u?int\d*$/;
const formats = {
  raw: { types: /./, params: [] },
  tokenAmount: { types: integer, params: ['tokenPath', 'threshold', 'message'] },
  date: { types: integer, params: ['encoding'], required: ['encoding'] },
  duration: { types: integer, params: [] },
  unit: { types: integer, params: ['base', 'decimals', 'prefix'], required: ['base'] },
  addressName: { types: /^address$/, params: ['types', 'sources'] },
  calldata: { types: /^bytes$/, params: ['calleePath', 'spenderPath', 'selector'], required: ['calleePath'] },
};
const container = ['@.from', '@.to', '@.value', '@.chainId'];
const addressTypes = ['wallet', 'eoa', 'contract', 'token', 'collection'];

/** Every problem of a descriptor, given what can be signed: [{ key, inputs }]. */
export function problems(descriptor, signed) {
  const found = [];
  const expect = (holds, problem) => { if (!holds) found.push(problem); };
  only(descriptor, ['$schema', 'context', 'metadata', 'display'], 'descriptor', expect);
  expect(/^https:\/\/eips\.ethereum\.org\/assets\/eip-7730\/erc7730-v2\.schema\.json$/.test(descriptor.$schema), '$schema names version 2');
  context(descriptor.context ?? {}, expect);
  only(descriptor.metadata ?? {}, ['owner', 'contractName'], 'metadata', expect);
  expect(text(descriptor.metadata?.owner), 'metadata.owner is there');
  only(descriptor.display ?? {}, ['formats'], 'display', expect);
  const shown = descriptor.display?.formats ?? {};
  for (const { key } of signed) expect(Object.hasOwn(shown, key), `${key} is covered`);
  for (const [key, format] of Object.entries(shown)) {
    const schema = signed.find(each => each.key === key);
    expect(schema, `${key} can be signed`);
    expect(!/, |  /.test(key), `${key} is canonical`);
    if (schema) entry(key, format, leaves(schema.inputs), expect);
  }
  return found;
}

function context({ $id, contract, eip712, ...rest }, expect) {
  expect(text($id), 'context.$id is there');
  expect(Object.keys(rest).length === 0 && !contract !== !eip712, 'context binds to a contract or to messages, and to nothing else');
  for (const deployment of (contract ?? eip712)?.deployments ?? [{}])
    expect(Number.isSafeInteger(deployment.chainId) && /^0x[0-9a-fA-F]{40}$/.test(deployment.address ?? ''), 'a deployment is a chain id and an address');
  if (eip712) expect(text(eip712.domain?.name) && text(eip712.domain?.version), 'messages name their domain');
}

function entry(key, format, values, expect) {
  only(format, ['intent', 'interpolatedIntent', 'fields'], key, expect);
  expect(text(format.intent) && format.intent.length <= 80, `${key} has an intent that fits a screen`);
  const fields = format.fields ?? [];
  for (const field of fields) described(key, field, values, expect);
  for (const { path } of values) expect(fields.filter(field => field.path === path).length === 1, `${key}: ${path} is shown or hidden, once`);
  for (const [, path] of (format.interpolatedIntent ?? '').matchAll(/{([^}]*)}/g)) {
    const field = fields.find(each => each.path === path);
    expect(field && (field.visible ?? 'always') === 'always', `${key}: its sentence names ${path}, which is always shown`);
  }
}

function described(key, field, values, expect) {
  const at = `${key}: ${field.path}`;
  only(field, ['path', 'label', 'format', 'params', 'visible', 'separator'], at, expect);
  const value = values.find(({ path }) => path === field.path);
  expect(value, `${at} is a value of it`);
  const rules = formats[field.format];
  expect(rules, `${at} has a format of the ERC`);
  if (!value || !rules) return;
  expect(rules.types.test(value.type), `${at}: ${field.format} fits ${value.type}`);
  expect(['always', 'optional', 'never'].includes(field.visible ?? 'always'), `${at}: visible is of the ERC`);
  expect(field.visible === 'never' || (text(field.label) && !/^0x|_|[a-z][A-Z]/.test(field.label)), `${at} has a label for people`);
  const params = field.params ?? {};
  only(params, rules.params, `${at} params`, expect);
  for (const name of rules.required ?? []) expect(Object.hasOwn(params, name), `${at}: ${field.format} needs ${name}`);
  parameters(at, params, values, expect);
}

function parameters(at, params, values, expect) {
  for (const name of ['tokenPath', 'calleePath', 'spenderPath']) {
    if (!Object.hasOwn(params, name)) continue;
    const address = container.includes(params[name]) || values.some(({ path, type }) => path === params[name] && type === 'address');
    expect(address, `${at}: ${name} leads to an address`);
  }
  expect((params.types ?? []).every(type => addressTypes.includes(type)), `${at}: types are of the ERC`);
  expect((params.encoding ?? 'timestamp') === 'timestamp', `${at}: times are seconds`);
  expect((params.decimals ?? 0) >= 0, `${at}: decimals are not negative`);
}

function only(object, names, at, expect) {
  for (const name of Object.keys(object)) expect(names.includes(name), `${at} has no ${name}`);
}

function text(value) { return typeof value === 'string' && value.length > 0; }
