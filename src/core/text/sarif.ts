import { visibleText } from "./visible.ts";

/** Text of a SARIF message, in which unescaped brackets would make a link (SARIF 2.1.0 §3.11.6). */
export const sarifText = (text: string): string => visibleText(text).replace(/[\\[\]]/g, "\\$&");
