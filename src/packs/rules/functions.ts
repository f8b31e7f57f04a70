import { parse } from "yaml";
import { parseSpan } from "./durations.ts";

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
  readonly ParserQuery?: string;
  readonly FunctionQuery?: string;
  readonly ParserParams?: readonly Parameter[];
  readonly FunctionParams?: readonly Parameter[];
}

export const looksLikeFunction = (text: string): boolean => /^\s*(?:ParserQuery|FunctionQuery)\s*:/m.test(text);

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

function parameterText({ Name = "", Type = "string", Default }: Parameter): string {
  const [type = "string"] = Type.toLowerCase().split(":");
  if (type === "table") return `${Name}:(*)`;
  const value = Default === undefined || Default === null ? "" : `=${defaultOf(type, Default)}`;
  return `${Name}:${type}${value}`;
}

/**
 * The functions of a parser file of Azure-Sentinel's repository: its workspace name and its built-in one. A body that
 * ends in a `;` is what those files have, and no function.
 */
export function functionsOf(text: string): SavedFunction[] {
  const file = parse(text, { uniqueKeys: false }) as ParserFile | null;
  const body = (file?.ParserQuery ?? file?.FunctionQuery)?.trim().replace(/;$/, "");
  if (!file || !body) return [];
  const names = [file.ParserName, file.FunctionAlias ?? file.FunctionName, file.EquivalentBuiltInParser];
  const parameters = (file.ParserParams ?? file.FunctionParams ?? []).map(parameterText).join(", ");
  const source = `(${parameters}) {\n${body}\n}`;
  return [...new Set(names)].flatMap((name) => (name && /^\w+$/.test(name) ? [{ name, source }] : []));
}
