/** The parser's time grows with the square of the depth, and it gives up beyond about 330 anyway. */
export const MAX_NESTING = 400;

/** Strings in all of Kusto's forms, and comments: what brackets do not count in. A string that never ends runs to the end of its line. */
const OPAQUE =
  /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|@"(?:[^"\n]|"")*"?|@'(?:[^'\n]|'')*'?|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\/\/[^\n]*/y;

const OPENING: ReadonlySet<string> = new Set(["(", "[", "{"]);
const CLOSING: ReadonlySet<string> = new Set([")", "]", "}"]);
const STARTS: ReadonlySet<string> = new Set(["`", "~", "@", '"', "'", "/"]);

const SIGNS: ReadonlySet<string> = new Set(["-", "+"]);
const BLANK = /\s/;

/** The offset of the first bracket that is nested too deep, or of the sign that has too many before it. */
export function tooDeep(text: string): number | undefined {
  let depth = 0;
  let signs = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (SIGNS.has(character)) signs++;
    else if (!BLANK.test(character)) signs = 0;
    if (signs > MAX_NESTING) return at;
    if (OPENING.has(character) && ++depth > MAX_NESTING) return at;
    if (CLOSING.has(character) && depth > 0) depth--;
    if (!STARTS.has(character)) continue;
    OPAQUE.lastIndex = at;
    const skipped = OPAQUE.exec(text)?.[0].length ?? 1;
    at += skipped - 1;
  }
  return undefined;
}
