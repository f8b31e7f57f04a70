import type { Argument } from "../types.ts";
import { constantText, literal } from "./sql.ts";

const BACKSLASH = "\\";

interface Rewriter {
  /** The one group that captures; the others only group. */
  readonly only: number | undefined;
  pattern: string;
  groups: number;
  readonly names: Map<string, number>;
}

/**
 * Kusto's pattern as RE2 reads it: `(?<name>` becomes `(?P<name>` and `\d` every decimal digit of Unicode.
 * Also counts the capture groups.
 */
export function rewriteRegex(
  pattern: string,
  only?: number,
): {
  pattern: string;
  groups: number;
  names: ReadonlyMap<string, number>;
} {
  const out: Rewriter = { only, pattern: "", groups: 0, names: new Map() };
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === BACKSLASH) {
      if (pattern.startsWith("\\Q", i)) {
        const end = pattern.indexOf("\\E", i + 2);
        const stop = end < 0 ? pattern.length : end + 2;
        out.pattern += pattern.slice(i, stop);
        i = stop - 1;
        continue;
      }
      out.pattern += escaped(pattern.charAt(i + 1));
      i++;
    } else if (inClass) {
      inClass = char !== "]" || pattern[i - 1] === "[" || pattern.slice(i - 2, i) === "[^";
      out.pattern += char;
    } else if (char === "(") {
      i += group(pattern, i, out);
    } else {
      inClass = char === "[";
      out.pattern += char;
    }
  }
  return out;
}

const escaped = (next: string): string => {
  if (next === "d") return "\\p{Nd}";
  return next === "D" ? "\\P{Nd}" : BACKSLASH + next;
};

const captures = ({ only, groups }: Rewriter): boolean => only === undefined || only === groups;

/** Copies an opening parenthesis with its name, if it has one; returns how many more characters it took. */
function group(pattern: string, at: number, out: Rewriter): number {
  if (pattern[at + 1] !== "?") {
    out.groups++;
    out.pattern += captures(out) ? "(" : "(?:";
    return 0;
  }
  const named = /^\(\?P?<([A-Za-z_]\w*)>/.exec(pattern.slice(at, at + 200));
  if (!named) {
    out.pattern += "(?";
    return 1;
  }
  out.groups++;
  out.names.set(named[1] ?? "", out.groups);
  out.pattern += captures(out) ? `(?P<${named[1]}>` : "(?:";
  return named[0].length - 1;
}

/** SQL of a regular expression argument as RE2 reads it. */
export function regexSql(arg: Argument): string {
  const text = constantText(arg);
  if (text !== undefined) return literal(rewriteRegex(text).pattern);
  return `replace(${arg.sql}, '(?<', '(?P<')`;
}

/** DuckDB takes the first nine groups by their number. */
const MAX_GROUP = 9;

/** The pattern and the number of a group in it, as DuckDB's functions take them; undefined for one that it cannot take. */
export function groupSql(pattern: Argument, group: number): { pattern: string; group: number } | undefined {
  if (group <= MAX_GROUP) return { pattern: regexSql(pattern), group };
  const text = constantText(pattern);
  return text === undefined ? undefined : { pattern: literal(rewriteRegex(text, group).pattern), group: 1 };
}

/** A pattern with something before and after it. */
export function wrappedRegexSql(arg: Argument, before: string, after: string): string {
  const text = constantText(arg);
  if (text !== undefined) return literal(before + rewriteRegex(text).pattern + after);
  return `(${literal(before)} || ${regexSql(arg)} || ${literal(after)})`;
}
