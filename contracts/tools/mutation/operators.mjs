// What a mutant is: one small change of one source. Each operator finds its places in the masked text, in which comments
// and strings are blank and every offset is that of the source.
import { createHash } from 'node:crypto';

const statement = body => new RegExp(`^( +)(${body};)`, 'gm');
const roles = {
  'terms.employer': 'terms.talent', 'terms.talent': 'terms.employer', 'terms.manager': 'terms.employer',
  'terms.payout': 'terms.talent', 'dispute.employerSide': 'dispute.talent', 'dispute.talent': 'dispute.employerSide',
  '_caller()': 'msg.sender',
};
const boundary = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==' };
const arithmetic = { '+': '-', '-': '+', '*': '/', '/': '*', '|': '&', '&': '|', '&&': '||', '||': '&&' };
const assembly = { gt: 'lt', and: 'or', add: 'sub' };
const next = digits => String(Number(digits.replaceAll('_', '')) + 1);

/** name: [pattern with the replaced text as last group, replacement or undefined for none] */
const operators = {
  'drop-event': [statement('emit [^;]+'), () => ''],
  'drop-call': [statement('(?!return|emit|revert|using|delete|if|else|for|while)[A-Za-z_][^;={}?]*\\([^;={}]*\\)'), () => ''],
  'drop-write': [statement('(?!return|emit|using|if|for|else)[A-Za-z_(][^;{}]*? [+-]?= [^;{}]+'),
    text => (/\w \w/.test(text.slice(0, text.search(/ [+-]?= /))) ? undefined : '')],
  'drop-delete': [statement('delete [^;]+'), () => ''],
  'drop-count': [statement('(?:\\+\\+|--)[^;]+'), () => ''],
  'drop-lock': [/()( nonReentrant)(?=[\s{])/g, () => ''],
  'drop-guard': [/(if )(\()(?=.)/g, (text, rest) => (guards(rest) ? '(false)' : undefined)],
  'never': [/(if )(\()(?=.)/g, (text, rest) => (guards(rest) ? undefined : '(false)')],
  'always': [/(if )(\()(?=.)/g, (text, rest) => (guards(rest) ? undefined : '(true)')],
  'compare': [/( )(<=|>=|<|>|==|!=)(?= )/g, text => boundary[text]],
  'arithmetic': [/( )(\+|-|\*|\/|\||&|&&|\|\|)(?= )/g, text => arithmetic[text]],
  'not': [/([ (])(!(?=[\w(]))/g, () => ''],
  'assign': [/( )(\+=|-=)(?= )/g, text => (text === '+=' ? '-=' : '+=')],
  'round-up': [/([ (])((?:[\w.]+ \* )?[\w.]+(?:\([^()]*\))?[\w.]* \/ \w[\w.]*)(?=[;,) ])/g, text => {
    const [dividend, divisor] = text.split(' / ');
    return `(${dividend} + ${divisor} - 1) / ${divisor}`;
  }],
  'role': [/(^|[^\w.])((?:terms|dispute)\.(?:employer|talent|manager|payout|employerSide)\b(?!\w)|_caller\(\))/g,
    text => roles[text]],
  'later': [/(_require(?:Within|After)\()(.+)(?=\);)/g, text => `(${text}) + 1`],
  'constant': [/( constant \w+ = |, )([\d][\d_]*)(?=( days| hours)?[;,)])/g, next],
  'swap-choice': [/( \? )([\w.()[\]]+ : [\w.()[\]]+)(?=[;,)])/g, text => {
    const [left, right] = text.split(' : ');
    return left === right ? undefined : `${right} : ${left}`;
  }],
  'assembly': [/([ (])(gt|and|add)(?=\((?:done|ruled|returndatasize|extcodesize|call\.offset|arguments|eq|gt))/g,
    text => assembly[text]],
};

/** All mutants of one source: {id, file, line, operator, before, after, at, length}. */
export function mutantsOf(file, source) {
  const code = masked(source), seen = new Map(), mutants = [];
  for (const [operator, [pattern, replacement]] of Object.entries(operators)) {
    for (const match of code.matchAll(pattern)) {
      const at = match.index + match[1].length;
      const found = match[2] === '(' ? condition(code, at) : match[2];
      const after = replacement(found, code.slice(at + found.length));
      if (after === undefined || !isBody(code, at, match[2].endsWith(';'))) continue;
      const before = source.slice(at, at + found.length);
      const around = lineAt(source, at);
      // The name outlives changes elsewhere in the file: what changes, where in its line, and the how-manieth like it.
      const key = [file, operator, around.text, at - around.start, before, after].join('\n');
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      const id = createHash('sha256').update(`${key}\n${count}`).digest('hex').slice(0, 8);
      mutants.push({ id, file, line: around.number, operator, before, after, context: around.text, at, length: found.length });
    }
  }
  return mutants.sort((left, right) => left.at - right.at || (left.operator < right.operator ? -1 : 1));
}

export const applied = (source, { at, length, after }) => source.slice(0, at) + after + source.slice(at + length);

function lineAt(source, at) {
  const start = source.lastIndexOf('\n', at - 1) + 1;
  return { start, number: source.slice(0, at).split('\n').length, text: source.slice(start, source.indexOf('\n', at)).trim() };
}

// Imports and headers hold nothing to change; a statement does not begin within another one.
function isBody(code, at, isStatement) {
  if (/^(import|pragma|using|contract|abstract|library|struct|type|mapping|function|modifier)\b/.test(lineAt(code, at).text)) {
    return / nonReentrant\b/.test(code.slice(at, at + 13));
  }
  return !isStatement || /[;{}]$/.test(code.slice(0, at).trimEnd());
}

// The parenthesis that opens at `at`, to its end.
function condition(code, at) {
  let end = at, depth = 0;
  do depth += { '(': 1, ')': -1 }[code[end++]] ?? 0; while (depth > 0);
  return code.slice(at, end);
}

const guards = rest => /^\s*\{?\s*(revert|_invalid)\b/.test(rest);

function masked(source) {
  const blank = text => text.replace(/[^\n]/g, ' ');
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, blank).replace(/"[^"\n]*"/g, text => `"${blank(text.slice(1, -1))}"`);
}
