import { createRequire } from "node:module";

/*
 * Microsoft's parser is a pair of plain scripts that attach to globalThis. Only the members used here are typed.
 */

export interface RawNode {
  readonly Kind: number;
  readonly TextStart: number;
  readonly End: number;
  readonly Width: number;
  readonly IsToken: boolean;
  readonly IsMissing: boolean;
  readonly ChildCount: number;
  readonly Parent: RawNode | null;
  readonly Text?: string;
  readonly LiteralValue?: unknown;
  GetChild(index: number): RawNode | null;
  readonly [member: string]: unknown;
}

export interface RawDiagnostic {
  readonly Code: string;
  readonly Severity: string;
  readonly Message: string;
  readonly Start: number;
  readonly Length: number;
}

export interface RawCode {
  readonly Text: string;
  /** The same text with what its names mean. */
  Analyze(globals: RawGlobals): RawCode;
  readonly Syntax: RawNode;
  GetDiagnostics(): unknown;
  GetSyntaxDiagnostics(): unknown;
}

/** An opaque symbol or global state of the parser. */
export interface RawSymbol {
  readonly Name: string;
}
export interface RawGlobals {
  WithDatabase(database: RawSymbol): RawGlobals;
  /** Bridge lists of symbols. */
  readonly Functions: unknown;
  readonly Aggregates: unknown;
  readonly PlugIns: unknown;
}

export interface RawTable extends RawSymbol {
  WithIsOpen(open: boolean): RawTable;
}

type Make<A extends readonly unknown[], T = RawSymbol> = new (...args: A) => T;

export interface Language {
  readonly KustoCode: {
    Parse(text: string): RawCode;
  };
  readonly GlobalState: { readonly Default: RawGlobals };
  readonly Symbols: {
    readonly ColumnSymbol: Make<[string, unknown, null, null, null, null]>;
    readonly TableSymbol: { readonly $ctor4: Make<[string, readonly RawSymbol[]], RawTable> };
    readonly FunctionSymbol: {
      readonly $ctor5: Make<[string, RawSymbol, readonly RawSymbol[]]>;
      readonly $ctor16: Make<[string, string, string, null]>;
    };
    readonly Parameter: {
      readonly ctor: Make<[string, unknown, unknown, null, null, boolean, null, number, number, null, null]>;
    };
    readonly ParameterTypeKind: { readonly Any: unknown };
    readonly ArgumentKind: { readonly Expression: unknown };
    readonly DatabaseSymbol: { readonly $ctor1: Make<[string, readonly RawSymbol[], boolean]> };
    readonly ScalarTypes: Readonly<Record<string, unknown>>;
  };
  readonly Syntax: { readonly SyntaxKind: Readonly<Record<string, number>> };
}

export const SCRIPTS = [
  "@kusto/language-service-next/bridge.min.js",
  "@kusto/language-service-next/Kusto.Language.Bridge.min.js",
];

let loaded: Language | undefined;

const onGlobal = (): Language | undefined => (globalThis as { Kusto?: { Language: Language } }).Kusto?.Language;

/** Loads the parser on first use (about 0.3 s; a start-up snapshot has it already); later calls are free. */
export function language(): Language {
  loaded ??= onGlobal();
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  for (const script of SCRIPTS) require(script);
  loaded = onGlobal();
  if (!loaded) throw new Error("The KQL parser did not attach to globalThis.");
  return loaded;
}

/** The parser's lists are JavaScript arrays in some places and Bridge lists in others. */
export function listOf<T>(list: unknown): readonly T[] {
  if (list === null || list === undefined) return [];
  if (Array.isArray(list)) return list as T[];
  const { Count, getItem } = list as { Count: number; getItem(i: number): T };
  return Array.from({ length: Count }, (_, i) => getItem.call(list, i));
}

/** The built-in names of Microsoft's binder; its internal ones start with two underscores. */
export function builtIn(kind: "Functions" | "Aggregates" | "PlugIns"): ReadonlySet<string> {
  const symbols = listOf<RawSymbol>(language().GlobalState.Default[kind]);
  return new Set(symbols.map((symbol) => symbol.Name).filter((name) => !name.startsWith("__")));
}

let kinds: ReadonlyMap<number, string> | undefined;

/** The name of a syntax kind, e.g. `FilterOperator`. */
export function kindName(kind: number): string {
  kinds ??= new Map(
    Object.entries(language().Syntax.SyntaxKind).flatMap(([name, value]) =>
      typeof value === "number" ? [[value, name]] : [],
    ),
  );
  return kinds.get(kind) ?? `Kind${kind}`;
}
