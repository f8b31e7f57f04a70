import type { Dynamic } from "./json.ts";

const MAX_DEPTH = 200;
const NAME = /[^\s/>=<"']+/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const decoded = (text: string): string =>
  text.includes("&")
    ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, (whole, decimal, hex, name) => {
        const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
        if (code !== undefined) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
        return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
      })
    : text;

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(): never {
    throw new SyntaxError(`not XML at ${this.at}`);
  }

  skip(opening: string, closing: string): boolean {
    if (!this.text.startsWith(opening, this.at)) return false;
    const end = this.text.indexOf(closing, this.at + opening.length);
    if (end < 0) this.fail();
    this.at = end + closing.length;
    return true;
  }

  space(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at++;
  }

  /** Declarations, comments and the document type, which carry no data. */
  misc(): void {
    do this.space();
    while (this.skip("<?", "?>") || this.skip("<!--", "-->") || this.skip("<!DOCTYPE", ">"));
  }

  name(): string {
    NAME.lastIndex = this.at;
    const found = NAME.exec(this.text)?.[0] ?? this.fail();
    this.at += found.length;
    return found;
  }

  attributes(into: Map<string, Dynamic>): void {
    for (;;) {
      this.space();
      if (/[/>]/.test(this.text.charAt(this.at))) return;
      const name = this.name();
      this.space();
      if (this.text[this.at++] !== "=") this.fail();
      this.space();
      const quote = this.text.charAt(this.at++);
      const end = quote === '"' || quote === "'" ? this.text.indexOf(quote, this.at) : -1;
      if (end < 0) this.fail();
      into.set(`@${name}`, decoded(this.text.slice(this.at, end)));
      this.at = end + 1;
    }
  }

  element(depth: number): [name: string, value: Dynamic] {
    if (depth > MAX_DEPTH || this.text[this.at++] !== "<") this.fail();
    const name = this.name();
    const parts = new Map<string, Dynamic>();
    this.attributes(parts);
    if (this.skip("/>", "")) return [name, parts.size > 0 ? parts : null];
    if (this.text[this.at++] !== ">") this.fail();
    const text = this.content(name, parts, depth);
    if (parts.size === 0) return [name, text === "" ? null : text];
    if (text !== "") parts.set("#text", text);
    return [name, parts];
  }

  /** Reads up to and with the closing tag; returns the text between the children. */
  content(name: string, parts: Map<string, Dynamic>, depth: number): string {
    let text = "";
    for (;;) {
      const next = this.text.indexOf("<", this.at);
      if (next < 0) this.fail();
      text += decoded(this.text.slice(this.at, next));
      this.at = next;
      const start = this.at + "<![CDATA[".length;
      if (this.skip("<![CDATA[", "]]>")) text += this.text.slice(start, this.at - 3);
      else if (this.skip("</", ">")) {
        if (this.text.slice(next + 2, this.at - 1).trim() !== name) this.fail();
        return text.trim();
      } else if (!this.skip("<!--", "-->") && !this.skip("<?", "?>")) addChild(parts, ...this.element(depth + 1));
    }
  }
}

/** Elements of the same name become an array. */
function addChild(parts: Map<string, Dynamic>, name: string, value: Dynamic): void {
  const known = parts.get(name);
  if (!parts.has(name)) parts.set(name, value);
  else if (Array.isArray(known)) known.push(value);
  else parts.set(name, [known ?? null, value]);
}

/** The bag of an XML document, or undefined when it is not well formed. */
export function parseXml(text: string): Dynamic | undefined {
  const reader = new Reader(text);
  try {
    reader.misc();
    const root = reader.element(0);
    reader.misc();
    return reader.at === text.length ? new Map([root]) : undefined;
  } catch {
    return undefined;
  }
}
