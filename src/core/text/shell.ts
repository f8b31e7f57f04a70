/** One word of a POSIX shell. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** One word of fish: only `\\` and `'` are special between single quotes. */
export const fishQuote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** One string of PowerShell, which takes several characters for a single quote. */
export const powershellQuote = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
