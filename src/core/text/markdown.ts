import { visibleText } from "./visible.ts";

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Text that reads as itself in Markdown, also inside a table cell and where the renderer lets HTML through: active HTML
 * becomes entities, every other ASCII punctuation mark (links, emphasis, pipes, autolinks) is escaped with a backslash.
 */
export const markdownText = (text: string): string =>
  visibleText(text)
    .replace(/[!-/:-@[-`{-~]/g, (character) => HTML[character] ?? `\\${character}`)
    .replace(/^ +| +$/g, (spaces) => "&#32;".repeat(spaces.length));
