const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Style = keyof typeof CODES;

/** Colours text that is already terminal-safe. */
export type Paint = (style: Style, text: string) => string;

export const painter = (color: boolean): Paint =>
  color ? (style, text) => (text === "" ? "" : `\x1b[${CODES[style]}m${text}\x1b[0m`) : (_style, text) => text;
