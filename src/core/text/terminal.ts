import { isPlain, visibleText } from "./visible.ts";

const ZERO_WIDTH = /^[\p{Mn}\p{Me}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** Blocks with East Asian Width W or F. Source: https://www.unicode.org/reports/tr11/ */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];
/** Base characters carry at most this many combining marks; the rest is dropped when text is cut to a width. */
const MARKS_PER_CHARACTER = 2;

function characterWidth(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(character) ? 2 : 1;
}

/** Terminal columns of text that `terminalText` wrote. */
export function displayWidth(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Text that cannot act on a terminal: one line, no control, escape, bidirectional or invisible character. */
export const terminalText = (text: string): string => visibleText(text);

function cut(text: string, width: number): string {
  let out = "";
  let used = 0;
  let marks = 0;
  for (const character of text) {
    const size = characterWidth(character);
    marks = size === 0 ? marks + 1 : 0;
    if (marks > MARKS_PER_CHARACTER) continue;
    if (used + size > width) return `${out}…`;
    out += character;
    used += size;
  }
  return out;
}

/** Terminal-safe text of at most `width` columns; an ellipsis marks what was cut. */
export function truncate(text: string, width: number): string {
  if (text.length <= width && isPlain(text)) return text;
  const safe = terminalText(text);
  if (width <= 0) return "";
  return displayWidth(safe) <= width ? cut(safe, width) : cut(safe, width - 1);
}

/** As `truncate`, but the end of the text is kept: what tells paths apart. */
export function truncateStart(text: string, width: number): string {
  const safe = terminalText(text);
  if (displayWidth(safe) <= width) return truncate(safe, width);
  const characters = [...safe];
  let used = 1;
  let start = characters.length;
  while (start > 0) {
    used += characterWidth(characters[start - 1] ?? "");
    if (used > width) break;
    start--;
  }
  return width <= 0 ? "" : truncate(`…${characters.slice(start).join("")}`, width);
}

/** Terminal-safe text of exactly `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const fitted = truncate(text, width);
  const space = " ".repeat(Math.max(0, width - displayWidth(fitted)));
  return align === "left" ? fitted + space : space + fitted;
}

/** Terminal-safe lines of at most `width` columns, broken at spaces, or inside a word that is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of terminalText(text).split(/ +/)) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    line = truncate(word, width);
  }
  if (line !== "") lines.push(line);
  return lines;
}
