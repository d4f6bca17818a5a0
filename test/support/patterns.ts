// Finds the regular expressions of source files, and feeds each of them what could make it slow: strings that match, cut
// where they may be cut, with one piece repeated there and an end that fits nowhere.
import { glob, readFile } from 'node:fs/promises';
import { createContext, Script } from 'node:vm';
import fc from 'fast-check';
import { parseSync } from 'vite';
import { cpuMs, isLinear } from './growth.ts';

export interface Pattern {
  file: string;
  /** As it stands in the source. */
  literal: string;
  regex: RegExp;
}

interface Found {
  patterns: Pattern[];
  /** Files that put patterns together at run time, where nobody can read them. */
  made: string[];
}

export async function patternsIn(...folders: string[]): Promise<Found> {
  const found: Found = { patterns: [], made: [] };
  for await (const file of glob(folders.map((folder) => `${folder}/**/*.ts`))) {
    const { program, errors } = parseSync(file, await readFile(file, 'utf8'));
    if (errors.length > 0) throw new Error(`${file} cannot be parsed`);
    walk(program, (node) => {
      if (isCallTo(node, 'RegExp')) found.made.push(file);
      if (!isRegex(node)) return;
      const { pattern, flags } = node.regex;
      const literal = `/${pattern}/${flags}`;
      found.patterns.push({ file, literal, regex: new RegExp(pattern, flags) });
    });
  }
  return found;
}

type Node = Record<string, unknown>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return;
  if (!Array.isArray(value)) visit(value as Node);
  for (const child of Object.values(value)) walk(child, visit);
}

const isRegex = (node: Node): node is { regex: { pattern: string; flags: string } } =>
  node.type === 'Literal' && typeof node.regex === 'object' && node.regex !== null;

const isCallTo = ({ type, callee }: Node, name: string) =>
  (type === 'NewExpression' || type === 'CallExpression') && (callee as Node).name === name;

interface Attack {
  before: string;
  piece: string;
  after: string;
}

const textOf = ({ before, piece, after }: Attack, size: number): string =>
  before + piece.repeat(Math.ceil(size / piece.length)).slice(0, size) + after;

/** What is at hand for every pattern: a blank, a letter, a digit, and what ends names and lists. */
const usual = [' ', 'a', '0', '"', '\\', ','];
const mostSamples = 4;
const longestSample = 20;

function attacksOn({ regex, literal }: Pattern): Attack[] {
  const signs = literal.replace(/\\[a-z]/gi, '').match(/[^\w|()[\]{}?*+^$]/g) ?? [];
  const singles = [...usual, ...signs];
  const attacks = new Map<string, Attack>();
  for (const sample of samplesOf(regex)) {
    for (let cut = 0; cut <= sample.length; cut += 1) {
      const before = sample.slice(0, cut);
      const own = [sample.slice(cut, cut + 2), sample.slice(cut, cut + 3), sample, '\\"'];
      for (const piece of [...singles, ...own]) {
        if (piece === '') continue;
        for (const after of ['\u0000', '\\', sample.slice(cut)]) {
          attacks.set(JSON.stringify([before, piece, after]), { before, piece, after });
        }
      }
    }
  }
  return [...attacks.values()];
}

/** Of the pattern without what the generator cannot read: assertions match anywhere. */
function samplesOf(regex: RegExp): string[] {
  const readable = regex.source.replace(/\\b|\(\?[=!](?:[^()]|\([^()]*\))*\)/g, '');
  try {
    const matching = fc.stringMatching(new RegExp(readable, regex.flags.replace(/[gyi]/g, '')));
    const samples = fc.sample(matching, { seed: 1, numRuns: mostSamples });
    return ['', ...samples.map((sample) => sample.slice(0, longestSample))];
  } catch {
    return [''];
  }
}

const sizes = [64, 2_048];
/** So much more than one look at each character that the growth has to be measured. */
const manyTimes = 20;
/** A guard only: what takes that long would never have ended. */
const foreverMs = 20_000;

/** An attack that costs more than time in proportion to its length; undefined when there is none. */
export function slowest(pattern: Pattern): Attack | undefined {
  const attacks = attacksOn(pattern);
  for (const size of sizes) {
    const texts = attacks.map((attack) => textOf(attack, size));
    const ms = (i: number) => cpuMs(() => work(pattern.regex, texts[i] ?? ''));
    const usualMs = Math.max(
      ...texts.slice(0, 3).map((text) => cpuMs(() => /[\s\S]*$/.exec(text))),
    );
    const limit = manyTimes * Math.max(usualMs, 0.02);
    for (
      let i = nextOver(limit, ms, texts, 0);
      i !== undefined;
      i = nextOver(limit, ms, texts, i + 1)
    ) {
      const attack = attacks[i === 'forever' ? 0 : i] as Attack;
      if (i === 'forever' || !isLinear(workOf(pattern, attack))) return attack;
    }
  }
  return undefined;
}

const workOf =
  ({ regex }: Pattern, attack: Attack) =>
  (size: number) => {
    const text = textOf(attack, size);
    return () => work(regex, text);
  };

const script = new Script(`{
  let i = from;
  while (i < texts.length && Math.min(ms(i), ms(i)) <= limit) i += 1;
  i < texts.length ? i : undefined;
}`);

/** The virtual machine can interrupt a match that backtracks without end. */
function nextOver(
  limit: number,
  ms: (i: number) => number,
  texts: string[],
  from: number,
): number | 'forever' | undefined {
  try {
    return script.runInContext(createContext({ from, texts, ms, limit }), { timeout: foreverMs });
  } catch {
    return 'forever';
  }
}

/** All that a pattern is used for: to find one match, or all of them. */
function work(regex: RegExp, text: string): void {
  regex.lastIndex = 0;
  if (regex.global) text.replace(regex, '');
  else regex.exec(text);
}
