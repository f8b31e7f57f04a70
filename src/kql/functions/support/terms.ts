const ALPHANUMERIC = /[\p{L}\p{N}]/u;
const FOLD_LIMIT = 0x10000;

/** Whether the code point at the (UTF-16) place is a letter or digit; outside the text it is none. */
const isTermAt = (text: string, at: number): boolean => {
  const code = text.codePointAt(at);
  return code !== undefined && ALPHANUMERIC.test(String.fromCodePoint(code));
};

const isTermBefore = (text: string, at: number): boolean => {
  if (at <= 0) return false;
  const low = text.charCodeAt(at - 1);
  const wide = low >= 0xdc00 && low <= 0xdfff && at >= 2 && (text.codePointAt(at - 2) ?? 0) >= FOLD_LIMIT;
  return isTermAt(text, wide ? at - 2 : at - 1);
};

/** Kusto's `has`: the needle stands as a whole term; a boundary counts only where the needle ends in a letter or digit. */
export function hasTerm(haystack: string, needle: string): boolean {
  const text = haystack.toLowerCase();
  const term = needle.toLowerCase();
  if (term === "") return true;
  const first = isTermAt(term, 0);
  const last = isTermBefore(term, term.length);
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1))
    if (!(first && isTermBefore(text, at)) && !(last && isTermAt(text, at + term.length))) return true;
  return false;
}
