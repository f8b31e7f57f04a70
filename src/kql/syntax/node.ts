import { kindName, type RawNode } from "./language.ts";

/** The parser took a text that lacks a part which its grammar has. */
export class MissingPart extends Error {
  readonly node: SyntaxNode;
  readonly member: string;

  constructor(node: SyntaxNode, member: string) {
    super(`${node.kind} has no ${member}`);
    this.node = node;
    this.member = member;
  }
}

/** A read-only view of one syntax node: its kind by name, its members by name, its place in its own source text. */
export class SyntaxNode {
  readonly #raw: RawNode;
  readonly source: string;
  readonly kind: string;

  constructor(raw: RawNode, source: string) {
    this.#raw = raw;
    this.source = source;
    this.kind = kindName(raw.Kind);
  }

  get start(): number {
    return this.#raw.TextStart;
  }

  get text(): string {
    return this.source.slice(this.#raw.TextStart, this.#raw.End);
  }

  get isMissing(): boolean {
    return this.#raw.IsMissing;
  }

  /** The plain name of a name node or of a reference to a name; '' for other nodes. */
  get name(): string {
    const simple = this.#raw.SimpleName;
    if (typeof simple === "string") return simple;
    const inner = this.child("Name");
    return inner?.name ?? "";
  }

  /** The value of a string literal. */
  get stringValue(): string {
    const value = this.#raw.LiteralValue ?? this.#raw.Value;
    return typeof value === "string" ? value : "";
  }

  child(member: string): SyntaxNode | undefined {
    const raw = this.#raw[member] as RawNode | null | undefined;
    return raw ? new SyntaxNode(raw, this.source) : undefined;
  }

  /** A member that the grammar guarantees. */
  get(member: string): SyntaxNode {
    const found = this.child(member);
    if (!found) throw new MissingPart(this, member);
    return found;
  }

  get parent(): SyntaxNode | undefined {
    return this.#raw.Parent ? new SyntaxNode(this.#raw.Parent, this.source) : undefined;
  }

  /** Text of a token member; '' when it is not there. */
  token(member: string): string {
    const raw = this.#raw[member] as RawNode | null | undefined;
    return raw?.Text ?? "";
  }

  /** The elements of a list member, separators left out. */
  items(member: string): SyntaxNode[] {
    const raw = this.#raw[member] as RawNode | null | undefined;
    return raw ? new SyntaxNode(raw, this.source).children().map((child) => child.element()) : [];
  }

  children(): SyntaxNode[] {
    const found: SyntaxNode[] = [];
    for (let i = 0; i < this.#raw.ChildCount; i++) {
      const child = this.#raw.GetChild(i);
      if (child) found.push(new SyntaxNode(child, this.source));
    }
    return found;
  }

  /** The value of a named parameter such as `kind=inner`, by name. */
  parameter(name: string, member = "Parameters"): SyntaxNode | undefined {
    return this.items(member)
      .find((item) => item.get("Name").name === name)
      ?.get("Expression");
  }

  element(): SyntaxNode {
    if (this.kind !== "SeparatedElement") return this;
    const inner = this.#raw.GetChild(0);
    return inner ? new SyntaxNode(inner, this.source) : this;
  }

  /** The node without parentheses around it. */
  bare(): SyntaxNode {
    return this.kind === "ParenthesizedExpression" ? this.get("Expression").bare() : this;
  }

  /** Whether the node or one below it satisfies the condition. */
  some(condition: (node: SyntaxNode) => boolean): boolean {
    return condition(this) || this.children().some((child) => child.some(condition));
  }
}

/** Line and column, from 1, of an offset. */
export function place(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}
