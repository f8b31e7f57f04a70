const QUOTE = 34;
const BACKSLASH = 92;
const MINUS = 45;
const UNSAFE_LENGTH = 16;
const MAYBE_UNSAFE = /\d{16}/;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** Characters that a number continues with once it is no integer any more: `.`, `e`, `E`, `+`, `-`. */
const isFractional = (code: number): boolean =>
  code === 46 || code === 101 || code === 69 || code === 43 || code === MINUS;

function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) break;
  }
  return i + 1;
}

/** JSON text in which integers that a double cannot hold are strings. Strings are left as they are; one pass. */
export function quoteUnsafeIntegers(text: string): string {
  if (!MAYBE_UNSAFE.test(text)) return text;
  const parts: string[] = [];
  let copied = 0;
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === MINUS || isDigit(code)) {
      const start = i++;
      let isInteger = true;
      for (; i < text.length; i++) {
        const next = text.charCodeAt(i);
        if (isDigit(next)) continue;
        if (!isFractional(next)) break;
        isInteger = false;
      }
      if (!isInteger || i - start < UNSAFE_LENGTH) continue;
      const digits = text.slice(start, i);
      if (Number.isSafeInteger(Number(digits))) continue;
      parts.push(text.slice(copied, start), '"', digits, '"');
      copied = i;
    } else i++;
  }
  return copied === 0 ? text : parts.join("") + text.slice(copied);
}

/** As `JSON.parse`, but no integer loses a digit. Throws `SyntaxError`. */
export const parseExactJson = (text: string): unknown => JSON.parse(quoteUnsafeIntegers(text));
