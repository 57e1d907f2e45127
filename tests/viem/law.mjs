// What viem must know of the escrow: the committed ABI, and the typed data that names an agreement.
import { readFileSync } from 'node:fs';
import { hashTypedData, keccak256, encodeAbiParameters } from 'viem';

export const artifact = name =>
  JSON.parse(readFileSync(new URL(`../../contracts/artifacts/${name}.json`, import.meta.url), 'utf8'));

export const { abi } = artifact('WorkAgreements');

const components = abi.find(({ name }) => name === 'hashTerms').inputs[0].components;
const types = { Terms: components.map(({ name, type }) => ({ name, type })) };

/** Typed data of terms: what the talent signs. */
export const typed = (terms, chainId, escrow) => ({
  domain: { name: 'Braintrust WorkAgreements', version: '1', chainId, verifyingContract: escrow },
  types, primaryType: 'Terms', message: terms,
});

export const nameOf = (terms, chainId, escrow) => hashTypedData(typed(terms, chainId, escrow));

export const negotiationOf = ({ talent, nonce }) =>
  keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [talent, nonce]));
