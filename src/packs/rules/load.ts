import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mayHoldFunction, SavedFunctions, savedFunctionsOf } from "../../backends/embedded/functions.ts";
import { type Diagnostic, UsageError } from "../../core/errors.ts";
import { ruleOf } from "./rule.ts";
import { looksLikeRule, readSources } from "./source.ts";
import type { AnalyticRule } from "./types.ts";

export interface LoadedRules {
  /** In the order of the paths given, files of a folder by name; a rule of a kind that runs no KQL is left out. */
  readonly rules: readonly AnalyticRule[];
  /** Saved functions and parsers found beside the rules: name → `(parameters) { body }`. */
  readonly functions: ReadonlyMap<string, string>;
  /** One or more per rule that could not be loaded; warnings for those that were passed over. */
  readonly diagnostics: readonly Diagnostic[];
  /** Rules found, loaded or not. */
  readonly found: number;
}

/** The folder of the shipped detections: `detections`, beside the package's `src` or `dist`. */
export function detectionsRoot(): string {
  return fileURLToPath(new URL("../../../detections", import.meta.url));
}

const mayHoldRule = (file: string): boolean => /\.(?:ya?ml|json)$/i.test(file);
const LARGEST_FILE = 64 * 1024 * 1024;

/** Hunting queries have no schedule, whatever kind some of them say. */
const PASSED_OVER = /(?:^|[\\/])(?:node_modules|\.git|Hunting Queries)[\\/]/i;

/** The package of a solution is written from the rules beside it. */
const repeatsFolder = (file: string): boolean =>
  basename(file) === "mainTemplate.json" &&
  basename(dirname(file)) === "Package" &&
  ["Analytic Rules", "Analytics Rules"].some((name) => existsSync(join(dirname(dirname(file)), name)));

/** YAML before JSON: where a package repeats the rules of its folder, the file that people edit counts. */
const rankOf = (name: string): number => [".yaml", ".yml", ".json"].indexOf(extname(name).toLowerCase()) + 1 || 4;

function filesOf(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no file or folder ${path}.`);
  if (!stats.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => (mayHoldRule(name) || mayHoldFunction(name)) && !PASSED_OVER.test(name))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
    .map((name) => join(path, name));
}

const readText = (file: string): string => readFileSync(file, "utf8").replace(/^\ufeff/, "");

const mentionsRule = (text: string): boolean =>
  looksLikeRule(text) || (/^\s*[{[]/.test(text) && /alertRule|queryFrequency/i.test(text));

class RuleLoader {
  readonly rules = new Map<string, AnalyticRule>();
  readonly #saved = new SavedFunctions();
  readonly functions: ReadonlyMap<string, string> = this.#saved.sources;
  readonly diagnostics: Diagnostic[] = [];
  found = 0;

  /** `isNamed`: the user named this very file, so it must hold a rule. */
  file(file: string, isNamed: boolean): void {
    if (statSync(file).size > LARGEST_FILE) return;
    const text = readText(file);
    const hasFunctions = this.#functions(text, file);
    if (hasFunctions && !/\.json$/i.test(file)) return;
    if (!isNamed && (!mayHoldRule(file) || !mentionsRule(text) || repeatsFolder(file))) return;
    const problems = this.diagnostics.length;
    const sources = readSources(text, file, this.diagnostics);
    if (this.diagnostics.length > problems) this.found++;
    if (sources.length === 0 && isNamed && !hasFunctions && this.diagnostics.length === problems)
      throw new UsageError(`${file} holds no analytic rule: neither a Scheduled nor an NRT one was found in it.`);
    for (const source of sources) {
      this.found++;
      const rule = ruleOf(source, this.diagnostics);
      if (rule) this.#add(rule);
    }
  }

  #add(rule: AnalyticRule): void {
    const earlier = this.rules.get(rule.id.toLowerCase());
    if (!earlier) {
      this.rules.set(rule.id.toLowerCase(), rule);
      return;
    }
    this.diagnostics.push({
      code: "RULE003",
      message: `${rule.name} has the id ${rule.id}, which ${earlier.file} has already; the first one runs.`,
      severity: "warning",
      file: rule.file,
      ...rule.position,
      hint: "Give it an id of its own, or load only one of them.",
    });
  }

  /** Whether the text holds functions, and not rules alone. */
  #functions(text: string, file: string): boolean {
    try {
      const found = savedFunctionsOf(text, file);
      for (const saved of found) this.#saved.add(saved, file);
      return found.length > 0;
    } catch (error) {
      const [message = ""] = String(error instanceof Error ? error.message : error).split("\n");
      this.diagnostics.push({ code: "RULE004", message, severity: "warning", file, line: 1, column: 1 });
      return true;
    }
  }
}

/**
 * Loads analytic rules: YAML files of Azure-Sentinel's schema, ARM and REST exports, and folders of them, in which
 * everything that is no rule is passed over. A rule that cannot be loaded is a diagnostic and stops no other. Throws
 * UsageError for a path that does not exist or a named file without a rule.
 */
export function loadRules(paths: readonly string[]): LoadedRules {
  const loader = new RuleLoader();
  for (const path of paths) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    for (const file of filesOf(path)) loader.file(file, !isFolder);
  }
  return { ...loader, rules: [...loader.rules.values()], found: loader.found };
}
