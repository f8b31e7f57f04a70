/**
 * What moves a cursor, changes the direction of text, hides or ends a line: controls, format characters (bidirectional
 * overrides, zero width, tags), invisible fillers, line and paragraph separators, unpaired surrogates, private use.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/** Printable ASCII only: nothing to show, and one column per character. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

function picture(character: string): string {
  if (character === "\n") return "\u21b5";
  if (character === "\t") return "\u21e5";
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}

/** Text on one line in which every invisible or active character is shown: as `↵`, `⇥` or `<U+202E>`. */
export const visibleText = (text: string): string => (isPlain(text) ? text : text.replace(INVISIBLE, picture));

/** As `visibleText`, but tab, line feed and carriage return stay: for query text and quoted fields. */
export const visibleLines = (text: string): string =>
  isPlain(text) ? text : text.replace(INVISIBLE, (c) => (c === "\n" || c === "\t" || c === "\r" ? c : picture(c)));
