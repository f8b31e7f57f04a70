import { basename } from "node:path";
import { parse } from "yaml";
import { parseSpan } from "../../core/durations.ts";

/**
 * Saved functions by name. Of several of one name the first counts, unless a later one stands in a file of that name:
 * repositories keep older versions of a parser under other names.
 */
export class SavedFunctions {
  readonly sources = new Map<string, string>();
  readonly #namesakes = new Set<string>();

  add({ name, source }: SavedFunction, file: string): void {
    const isNamesake = basename(file).replace(/\.\w+$/, "") === name;
    if (this.sources.has(name) && (!isNamesake || this.#namesakes.has(name))) return;
    if (isNamesake) this.#namesakes.add(name);
    this.sources.set(name, source);
  }
}

/** A saved function: its name and `(parameters) { body }`. */
export interface SavedFunction {
  readonly name: string;
  readonly source: string;
}

interface Parameter {
  readonly Name?: string;
  readonly Type?: string;
  readonly Default?: unknown;
}

interface ParserFile {
  readonly ParserName?: string;
  readonly FunctionName?: string;
  readonly FunctionAlias?: string;
  readonly EquivalentBuiltInParser?: string;
  readonly EquivalentBuiltInFunction?: string;
  readonly ParserQuery?: string;
  readonly FunctionQuery?: string;
  readonly ParserParams?: readonly Parameter[];
  readonly FunctionParams?: readonly Parameter[];
}

const isJson = (file: string): boolean => /\.json$/i.test(file);
const isYaml = (file: string): boolean => /\.ya?ml$/i.test(file);

/** Plain texts are functions only where a solution keeps its parsers. */
const isQuery = (file: string): boolean =>
  /\.(?:kql|csl)$/i.test(file) || /(?:^|[\\/])Parsers[\\/].*\.txt$/i.test(file);

/** Whether a file of this name can hold saved functions. */
export const mayHoldFunction = (file: string): boolean => isJson(file) || isYaml(file) || isQuery(file);

/** Whether the text of a YAML or JSON file holds saved functions. */
export const looksLikeFunction = (text: string): boolean =>
  /^\s*(?:ParserQuery|FunctionQuery)\s*:|"functionAlias"\s*:/m.test(text);

const quoted = (value: unknown): string => `'${String(value).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The default of a parameter as KQL: files keep it as plain text of the parameter's type. */
function defaultOf(type: string, value: unknown): string {
  const text = String(value);
  if (type === "string") return /^(['"]).*\1$/s.test(text) ? text : quoted(value);
  if (type === "datetime") return text.startsWith("datetime") ? text : `datetime(${text})`;
  if (type === "dynamic") return text.startsWith("dynamic") ? text : `dynamic(${text})`;
  if (type === "timespan") return parseSpan(text) === undefined ? text : `timespan(${text})`;
  return text;
}

/** The columns that a table must have stand with its name (`T:(TimeGenerated:datetime)`) or its type (`table:(*)`). */
function parameterText({ Name = "", Type = "string", Default }: Parameter): string {
  const [type = "string"] = Type.toLowerCase().split(":");
  if (type === "table") return Name.includes(":") ? Name : `${Name}:${/\(.*\)/s.exec(Type)?.[0] ?? "(*)"}`;
  const value = Default === undefined || Default === null ? "" : `=${defaultOf(type, Default)}`;
  return `${Name}:${type}${value}`;
}

/** A body that ends in a `;` is what many files have, and no function. */
const declared = (parameters: string, body: string): string => `(${parameters}) {\n${body.trim().replace(/;$/, "")}\n}`;

const named = (names: readonly unknown[], source: string): SavedFunction[] =>
  [...new Set(names)].flatMap((name) =>
    typeof name === "string" && /^\w+$/.test(name.trim()) ? [{ name: name.trim(), source }] : [],
  );

function fromYaml(text: string): SavedFunction[] {
  const file = parse(text, { uniqueKeys: false }) as ParserFile | null;
  const body = file?.ParserQuery ?? file?.FunctionQuery;
  if (!file || !body) return [];
  const names = [
    file.ParserName,
    file.FunctionAlias ?? file.FunctionName,
    file.EquivalentBuiltInParser,
    file.EquivalentBuiltInFunction,
  ];
  const parameters = (file.ParserParams ?? file.FunctionParams ?? []).map(parameterText).join(", ");
  return named(names, declared(parameters, body));
}

type Json = Readonly<Record<string, unknown>>;

/** The saved searches of a template or of the API's answer, at any depth, that have an alias to be called by. */
function fromJson(text: string): SavedFunction[] {
  const found: SavedFunction[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { functionAlias, functionParameters, query } = node as Json;
    if (typeof functionAlias === "string" && typeof query === "string")
      found.push(
        ...named([functionAlias], declared(typeof functionParameters === "string" ? functionParameters : "", query)),
      );
    for (const child of Object.values(node)) visit(child);
  };
  visit(JSON.parse(text));
  return found;
}

const CREATE = /^\s*\.(?:create-or-alter|create)\s+function(?:\s+with\s*\([^)]*\))?\s+(\w+)\s*(?=\()/i;
const DECLARATION = /^\s*(?:\/\/[^\n]*\n\s*)*\(/;

function fromQuery(text: string, file: string): SavedFunction[] {
  const created = CREATE.exec(text);
  const rest = created ? text.slice(created[0].length) : text;
  const isDeclaration = created !== null || DECLARATION.test(rest);
  const name = created?.[1] ?? basename(file).replace(/(?:\.(?:kql|csl|txt))+$/i, "");
  return named([name], isDeclaration ? rest.trim() : declared("", rest));
}

/**
 * The functions of a file: a parser of Azure-Sentinel's repository (its workspace name and its built-in one), the saved
 * searches of an ARM template, or a query or `.create function` named by its file. Throws the reader's error for text
 * that is neither YAML nor JSON where its name says so.
 */
export function savedFunctionsOf(text: string, file: string): SavedFunction[] {
  if (isQuery(file)) return fromQuery(text, file);
  if (!looksLikeFunction(text)) return [];
  return isJson(file) ? fromJson(text) : fromYaml(text);
}
