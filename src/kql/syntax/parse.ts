import { UsageError } from "../../core/errors.ts";
import type { Column, ScalarType } from "../../core/kusto.ts";
import type { Schema } from "../types.ts";
import { language, listOf, type RawCode, type RawDiagnostic, type RawGlobals, type RawSymbol } from "./language.ts";
import { MAX_NESTING, tooDeep } from "./nesting.ts";
import { SyntaxNode } from "./node.ts";
import { type Undescribed, undescribed } from "./undescribed.ts";

const SYMBOL_TYPES: Readonly<Record<ScalarType, string>> = {
  bool: "Bool",
  int: "Int",
  long: "Long",
  real: "Real",
  decimal: "Decimal",
  string: "String",
  datetime: "DateTime",
  timespan: "TimeSpan",
  guid: "Guid",
  dynamic: "Dynamic",
};

export interface ParsedQuery {
  readonly root: SyntaxNode;
  /** What the text gets wrong, in the order of the text. */
  readonly problems: readonly Problem[];
  /** The saved functions that the text and their bodies name. */
  readonly functions: readonly string[];
  /** What nothing describes; empty where the schema is not open. */
  readonly open: Undescribed;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly syntax: boolean;
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/g;
const WILDCARD = /\*/;

/** The tables that the text can mean: the parser's cost grows with every table it is given. */
function candidates(text: string, schema: Schema): string[] {
  const words = new Set(text.match(WORD) ?? []);
  const named = new Set<string>();
  for (const word of words) if (schema.table(word) || schema.declared?.(word)) named.add(word);
  const everything = /\b(search|find)\b/.test(text) || (WILDCARD.test(text) && /\bunion\b/.test(text));
  for (const name of schema.names()) if (everything || words.has(name) || !/^\w+$/.test(name)) named.add(name);
  return [...named].sort();
}

const columnSymbol = ({ name, type }: Column): RawSymbol => {
  const { Symbols } = language();
  return new Symbols.ColumnSymbol(name, Symbols.ScalarTypes[SYMBOL_TYPES[type]], null, null, null, null);
};

const known = new WeakMap<Schema, Map<string, RawGlobals>>();
const MAX_STATES = 64;

const NOTHING: Undescribed = { tables: new Set(), functions: new Set() };

function openTable(name: string): RawSymbol {
  return new (language().Symbols.TableSymbol.$ctor4)(name, []).WithIsOpen(true);
}

const MAX_ARGUMENTS = 32;

/** A function that takes anything and gives a table with any column. */
function openFunction(name: string): RawSymbol {
  const { FunctionSymbol, Parameter, ParameterTypeKind, ArgumentKind } = language().Symbols;
  const { Any } = ParameterTypeKind;
  const any = new Parameter.ctor(
    "arguments",
    Any,
    ArgumentKind.Expression,
    null,
    null,
    false,
    null,
    0,
    MAX_ARGUMENTS,
    null,
    null,
  );
  return new FunctionSymbol.$ctor5(name, openTable(name), [any]);
}

function globalsOf(
  names: readonly string[],
  functions: readonly string[],
  schema: Schema,
  open: Undescribed = NOTHING,
): RawGlobals {
  const states = known.get(schema) ?? new Map<string, RawGlobals>();
  known.set(schema, states);
  const key = [names, functions, [...open.tables], [...open.functions]].map((list) => list.join("\0")).join("\0\0");
  const found = states.get(key);
  if (found) return found;
  const { Symbols, GlobalState } = language();
  const tables = names.map((name) => {
    const columns = schema.table(name)?.columns ?? schema.declared?.(name) ?? [];
    return new Symbols.TableSymbol.$ctor4(name, columns.map(columnSymbol));
  });
  const saved = functions.map((name) => functionSymbol(name, schema.functions?.get(name) ?? "() { print 1 }"));
  const database = new Symbols.DatabaseSymbol.$ctor1(
    "database",
    [...tables, ...saved, ...[...open.tables].map(openTable), ...[...open.functions].map(openFunction)],
    false,
  );
  const state = GlobalState.Default.WithDatabase(database);
  if (states.size >= MAX_STATES) states.clear();
  states.set(key, state);
  return state;
}

function functionSymbol(name: string, source: string): RawSymbol {
  const brace = source.indexOf("{");
  return new (language().Symbols.FunctionSymbol.$ctor16)(
    name,
    source.slice(0, brace).trim(),
    source.slice(brace),
    null,
  );
}

/** The saved functions that the text names, and those that their bodies name. */
function calledFunctions(text: string, schema: Schema): string[] {
  const found = new Set<string>();
  const pending = [text];
  for (let source = pending.pop(); source !== undefined; source = pending.pop())
    for (const word of source.match(WORD) ?? []) {
      const body = schema.functions?.get(word);
      if (body === undefined || found.has(word)) continue;
      found.add(word);
      pending.push(body);
    }
  return [...found].sort();
}

/** Parses the text and, where its syntax is right, binds it with Microsoft's parser. Never throws: what the parser cannot take is a problem. */
export function parseQuery(text: string, schema: Schema): ParsedQuery {
  const deep = tooDeep(text);
  if (deep !== undefined) return unread("KQL102", `Brackets or signs are nested more than ${MAX_NESTING} deep.`, deep);
  try {
    return analyzed(text, schema);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    /** What the parser throws is not always an Error. */
    return unread("KQL103", `The parser gives up on this text: ${String(error).slice(0, 200)}`, 0);
  }
}

const unread = (code: string, message: string, start: number): ParsedQuery => ({
  root: new SyntaxNode(language().KustoCode.Parse("").Syntax, ""),
  problems: [{ code, message, start, syntax: true }],
  functions: [],
  open: NOTHING,
});

/** The text that was read last: a command may bind one text to several schemas. */
let last: RawCode | undefined;

function syntaxOf(text: string): RawCode {
  if (last?.Text !== text) last = language().KustoCode.Parse(text);
  return last;
}

function analyzed(text: string, schema: Schema): ParsedQuery {
  const functions = schema.functions ? calledFunctions(text, schema) : [];
  const bodies = functions.map((name) => schema.functions?.get(name) ?? "").join("\n");
  const names = candidates(`${text}\n${bodies}`, schema);
  const code = syntaxOf(text);
  const mistakes = problemsOf(listOf<RawDiagnostic>(code.GetSyntaxDiagnostics()), true);
  if (mistakes.length > 0)
    return { root: new SyntaxNode(code.Syntax, text), problems: mistakes, functions, open: NOTHING };
  const first = bound(code, globalsOf(names, functions, schema));
  if (!schema.open) return { ...first, functions, open: NOTHING };
  const open = undescribed(first.root, first.problems);
  if (open.tables.size + open.functions.size === 0) return { ...first, functions, open };
  const { root, problems } = bound(code, globalsOf(names, functions, schema, open));
  const real = problems.filter((problem) => problem.code !== UNKNOWN_PARAMETER || !isInCall(root, problem, open));
  return { root, problems: real, functions, open };
}

/** The parser's code for a named argument that the function does not declare. */
const UNKNOWN_PARAMETER = "KS196";

/** Whether the place lies in a call of an open function, which may declare any parameter. */
const isInCall = (root: SyntaxNode, { start }: Problem, open: Undescribed): boolean =>
  root.some(
    (node) =>
      node.kind === "FunctionCallExpression" &&
      node.start <= start &&
      start < node.start + node.text.length &&
      open.functions.has(node.get("Name").name),
  );

const problemsOf = (diagnostics: readonly RawDiagnostic[], syntax: boolean): Problem[] =>
  diagnostics
    .filter(({ Severity }) => Severity === "Error")
    .map(({ Code, Message, Start }) => ({ code: Code, message: Message, start: Start, syntax }))
    .sort((a, b) => a.start - b.start);

/** What the names of a text without mistakes of syntax mean. */
function bound(parsed: RawCode, globals: RawGlobals): Pick<ParsedQuery, "root" | "problems"> {
  const code = parsed.Analyze(globals);
  return { root: new SyntaxNode(code.Syntax, code.Text), problems: problemsOf(listOf(code.GetDiagnostics()), false) };
}

/** What is wrong with the syntax of a saved function; undefined where nothing is. */
export function functionProblem(source: string): string | undefined {
  const code = language().KustoCode.Parse(`let f = ${source};`);
  const [first] = listOf<RawDiagnostic>(code.GetSyntaxDiagnostics());
  return first ? `${first.Code} ${first.Message}` : parseFunction(source) ? undefined : "It is not a function.";
}

/** The declaration of a saved function, `(parameters) { body }`. */
export function parseFunction(source: string): SyntaxNode | undefined {
  const code = language().KustoCode.Parse(`let f = ${source};`);
  const root = new SyntaxNode(code.Syntax, `let f = ${source};`);
  const declaration = root.items("Statements")[0]?.child("Expression");
  return declaration?.kind === "FunctionDeclaration" ? declaration : undefined;
}
