import { type Document, isScalar, LineCounter, parseDocument, type Scalar } from "yaml";
import type { Diagnostic } from "../../core/errors.ts";
import { keyPositionOf, type Position, positionOf, textPositionOf } from "../positions.ts";
import { armRules } from "./arm.ts";

export type RawRule = Readonly<Record<string, unknown>>;

/** A rule as its file has it. */
export interface RuleSource {
  readonly file: string;
  readonly raw: RawRule;
  /** An exported resource, not a template of a repository. */
  readonly isArm: boolean;
  /** Where the value at a path stands, or its nearest ancestor. */
  locate(path: readonly PropertyKey[]): Position;
  /** Where the key of a mapping stands. */
  locateKey(path: readonly PropertyKey[], key: string): Position;
  /** Where the rule, and where its query's text starts. */
  position(): Position;
  queryPosition(): Position;
}

interface ParsedFile {
  readonly document: Document;
  readonly lines: LineCounter;
}

function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  return { document: parseDocument(text, { lineCounter: lines, uniqueKeys: false, merge: true }), lines };
}

interface Place {
  readonly path: readonly PropertyKey[];
  readonly names: Readonly<Record<string, readonly PropertyKey[]>>;
}

function absolutePath(place: Place | undefined, path: readonly PropertyKey[]): readonly PropertyKey[] {
  if (!place) return path;
  const [first, ...rest] = path;
  return first === undefined ? place.path : [...place.path, ...(place.names[String(first)] ?? [first]), ...rest];
}

/** Positions by the syntax tree, which is parsed when the first one is asked for. */
function located(parsed: () => ParsedFile, place?: Place): Pick<RuleSource, "locate" | "locateKey"> {
  return {
    locate: (path) => positionOf(parsed().document, parsed().lines, absolutePath(place, path)),
    locateKey: (path, key) => keyPositionOf(parsed().document, parsed().lines, absolutePath(place, path), key),
  };
}

const isRecord = (value: unknown): value is RawRule =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Rules that a repository keeps as YAML say their schedule or their kind. */
export const looksLikeRule = (text: string): boolean =>
  /^\s*["']?(?:queryFrequency|triggerOperator)["']?\s*:/m.test(text) ||
  /^kind:\s*["']?(?:Scheduled|NRT)\b/im.test(text);

/** The rules of one file; what is wrong with its syntax is appended to `diagnostics`. */
export function readSources(text: string, file: string, diagnostics: Diagnostic[]): RuleSource[] {
  return /^\s*[{[]/.test(text) ? jsonSources(text, file, diagnostics) : yamlSources(text, file, diagnostics);
}

function yamlSources(text: string, file: string, diagnostics: Diagnostic[]): RuleSource[] {
  const parsed = parseFile(text);
  const { document, lines } = parsed;
  const [error] = document.errors;
  if (error) {
    const { line, col: column } = lines.linePos(error.pos[0]);
    const [message = ""] = error.message.split("\n");
    diagnostics.push({ code: "RULE001", message, severity: "error", file, line, column, hint: "Mend the YAML here." });
    return [];
  }
  const raw: unknown = document.toJS();
  if (!isRecord(raw) || !("query" in raw)) return [];
  const places = located(() => parsed);
  const query = document.get("query", true);
  const queryPosition = (): Position =>
    isScalar(query) ? textPositionOf(query as Scalar, text, lines) : places.locate(["query"]);
  return [{ file, raw, isArm: false, ...places, position: () => ({ line: 1, column: 1 }), queryPosition }];
}

/** The line and column of an offset, from 1. */
function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, Math.max(0, offset));
  return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
}

/** JSON writes a text on one line: where it stands is found by its own encoding, without a syntax tree. */
function jsonSource(raw: RawRule, { file, text }: TextFile, parsed: () => ParsedFile, place?: Place): RuleSource {
  const queryPosition = (): Position => positionAt(text, text.indexOf(JSON.stringify(raw.query)));
  return { file, raw, isArm: place !== undefined, ...located(parsed, place), position: queryPosition, queryPosition };
}

interface TextFile {
  readonly file: string;
  readonly text: string;
}

function jsonSources(text: string, file: string, diagnostics: Diagnostic[]): RuleSource[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    diagnostics.push({ code: "RULE001", message, severity: "error", file, line: 1, column: 1, hint: "Mend the JSON." });
    return [];
  }
  let parsed: ParsedFile | undefined;
  const lazily = (): ParsedFile => {
    parsed ??= parseFile(text);
    return parsed;
  };
  if (isRecord(json) && typeof json.query === "string" && looksLikeRule(text))
    return [jsonSource(json, { file, text }, lazily)];
  return armRules(json).map(({ raw, ...place }) => jsonSource(raw, { file, text }, lazily, place));
}
