// node tools/clear-signing.mjs write | --check | bind DEPLOYMENT FOLDER
// ERC-7730 descriptors: what a wallet shows in words before somebody signs. One file for the calls of each contract, one for
// the messages signed in its domain, in clear-signing/. They bind to no chain: `bind` adds the addresses of a deployment file.
// `--check` fails when a stored one differs from what ABI, type strings and words give, or breaks the ERC, or when a
// validator that must notice does not.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contracts, functionsOf, leaves, messagesOf, root } from './clear-signing/types.mjs';
import { problems } from './clear-signing/validate.mjs';
import * as words from './clear-signing/words.mjs';

const schema = 'https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json';
const folder = join(root, 'clear-signing');

try {
  const [mode, ...rest] = process.argv.slice(2);
  const made = Object.keys(contracts).flatMap(descriptors);
  for (const { file, descriptor, signed } of made) {
    const found = problems(descriptor, signed);
    if (found.length > 0) throw new Error(`${file}: not so: ${found.join('; ')}`);
  }
  if (mode === 'write') store(folder, made);
  else if (mode === '--check') check(made);
  else if (mode === 'bind' && rest.length === 2) store(rest[1], bound(made, JSON.parse(readFileSync(rest[0], 'utf8'))));
  else throw new Error('usage: node tools/clear-signing.mjs write | --check | bind DEPLOYMENT FOLDER');
  const count = made.reduce((sum, { signed }) => sum + signed.length, 0);
  console.log(`clear signing: ${made.length} descriptors, ${count} functions and messages`);
} catch (error) {
  console.error(`clear signing: ${error.message}`);
  process.exitCode = 1;
}

function descriptors(contract) {
  const { domain } = contracts[contract];
  const functions = functionsOf(contract);
  const made = [{
    contract, file: `calldata-${contract}.json`, signed: functions,
    descriptor: descriptor(contract, { contract: { deployments: [] } }, functions),
  }];
  const messages = messagesOf(contract);
  if (messages.length > 0) made.push({
    contract, file: `eip712-${contract}.json`, signed: messages,
    descriptor: descriptor(contract, { eip712: { domain, deployments: [] } }, messages),
  });
  return made;
}

function descriptor(contract, context, signed) {
  return {
    $schema: schema,
    context: { $id: `${words.owner} ${contract}`, ...context },
    metadata: { owner: words.owner, contractName: contract },
    display: { formats: Object.fromEntries(signed.map(each => [each.key, format(contract, each)])) },
  };
}

function format(contract, { name, inputs }) {
  const intent = words.intents[contract]?.[name];
  if (!intent) throw new Error(`${contract}.${name} has no words: add them to tools/clear-signing/words.mjs`);
  const sentence = words.sentences[contract]?.[name];
  const values = leaves(inputs);
  return { intent, ...(sentence && { interpolatedIntent: sentence }), fields: values.map(value => field(contract, name, value, values)) };
}

function field(contract, name, { path, name: parameter, parent }, values) {
  const told = words.labelsOf[contract]?.[parameter] ?? words.labels[parameter];
  if (!told) throw new Error(`${contract}.${name}: ${parameter} has no label: add it to tools/clear-signing/words.mjs`);
  const shown = { path, ...(told.format === 'tokenAmount' ? amount(contract, told, parent, values) : structuredClone(told)) };
  // Terms that were agreed before, and those that an amendment replaces, are known to who signs.
  const known = parent === 'terms.' && (name === 'amend' || !words.wholeTerms.includes(name));
  if (known && !words.parties.includes(parameter)) shown.visible = 'optional';
  return shown;
}

/** A sum with the token that stands beside it, or in its terms; a token's own sums are in itself. */
function amount(contract, told, parent, values) {
  const places = [`${parent}token`, 'terms.token', 'next.token', 'token'];
  const tokenPath = contract === 'BraintrustToken' ? '@.to' : places.find(place => values.some(({ path }) => path === place));
  return tokenPath ? { ...told, params: { tokenPath, ...told.params } } : words.tokenless(told.label);
}

function text(descriptor) { return JSON.stringify(descriptor, null, 2) + '\n'; }

function store(into, made) {
  mkdirSync(into, { recursive: true });
  for (const { file, descriptor } of made) writeFileSync(join(into, file), text(descriptor));
}

function bound(made, { chainId, contracts: deployed }) {
  return made.map(each => {
    const found = deployed.find(({ kind }) => kind === each.contract);
    if (!found) throw new Error(`the deployment file names no ${each.contract}`);
    const descriptor = structuredClone(each.descriptor);
    const { contract, eip712 } = descriptor.context;
    (contract ?? eip712).deployments.push({ chainId, address: found.address });
    return { ...each, descriptor };
  });
}

function check(made) {
  const stored = readdirSync(folder).filter(file => file.endsWith('.json'));
  const stale = made.filter(({ file, descriptor }) => !stored.includes(file) || readFileSync(join(folder, file), 'utf8') !== text(descriptor));
  const strange = stored.filter(file => !made.some(each => each.file === file));
  if (stale.length + strange.length > 0)
    throw new Error(`differ from what is signed (node tools/clear-signing.mjs write): ${[...stale.map(({ file }) => file), ...strange].join(', ')}`);
  for (const each of made) notices(each);
}

/** The validator itself: each of these spoils a descriptor, and it must say so. */
function notices({ file, descriptor, signed }) {
  const key = signed.find(({ inputs }) => inputs.length > 0).key;
  const first = each => each.display.formats[key].fields[0];
  const spoiled = {
    'a forgotten function': each => { delete each.display.formats[key]; },
    'an unknown function': each => { each.display.formats['nothing(uint256 here)'] = each.display.formats[key]; },
    'a forgotten value': each => { each.display.formats[key].fields.pop(); },
    'a value twice': each => { each.display.formats[key].fields.push(first(each)); },
    'a path that leads nowhere': each => { first(each).path += 'x'; },
    'an unknown format': each => { first(each).format = 'magic'; },
    'no intent': each => { delete each.display.formats[key].intent; },
    'no owner': each => { delete each.metadata.owner; },
    'another version': each => { each.$schema = each.$schema.replace('v2', 'v1'); },
    'a parameter\'s name for a label': each => { Object.assign(first(each), { label: 'someName', visible: 'always' }); },
    'a sentence about nothing': each => { each.display.formats[key].interpolatedIntent = 'Do {nothing}'; },
    'a token that is none': each => { Object.assign(first(each), { format: 'tokenAmount', params: { tokenPath: 'nothing' } }); },
    'a deployment without an address': each => { (each.context.contract ?? each.context.eip712).deployments.push({ chainId: 1 }); },
    'no binding': each => { each.context = { $id: 'x' }; },
  };
  for (const [what, spoil] of Object.entries(spoiled)) {
    const copy = structuredClone(descriptor);
    spoil(copy);
    if (problems(copy, signed).length === 0) throw new Error(`${file}: nobody noticed ${what}`);
  }
}
