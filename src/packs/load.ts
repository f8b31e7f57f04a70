import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Document, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Diagnostic, UsageError } from "../core/errors.ts";
import { LADDER, type LadderStage, PILLARS, type Thresholds } from "../core/maturity.ts";
import { keyPositionOf, type Position, positionOf } from "./positions.ts";
import { type CriterionBlock, type PackFile, packFile } from "./schema.ts";
import { splitLets } from "./statements.ts";
import type { CriterionPack, Pack, Packs, ThresholdSource } from "./types.ts";

/** The column of an offenders query that counts the failed events of a row. */
const OFFENDERS_COUNT = "Failed";

/** The folder of the shipped query packs: `queries`, beside the package's `src` or `dist`. */
export function packsRoot(): string {
  return fileURLToPath(new URL("../../queries", import.meta.url));
}

export interface LoadOptions {
  /** Reads the fixtures too. Without them loading takes a third of the time. */
  readonly fixtures?: boolean;
}

/** Loads every pack below a folder. Throws UsageError with one positioned diagnostic for each mistake found. */
export function loadPacks(root = packsRoot(), options: LoadOptions = {}): Packs {
  if (!existsSync(root)) throw new UsageError(`There is no folder ${root} with query packs.`);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => [".yaml", ".yml"].includes(extname(name).toLowerCase()))
    .sort();
  const diagnostics: Diagnostic[] = [];
  const packs = new Map<string, Pack>();
  for (const name of files) {
    const file = join(root, name);
    const pack = parsePack(readFileSync(file, "utf8"), file, diagnostics, options);
    if (!pack) continue;
    const earlier = packs.get(pack.id);
    if (earlier) diagnostics.push(duplicate(pack, earlier));
    else packs.set(pack.id, pack);
  }
  if (diagnostics.length > 0) throw new UsageError(`${diagnostics.length} mistakes in the query packs.`, diagnostics);
  return arrange([...packs.values()]);
}

function arrange(packs: readonly Pack[]): Packs {
  const ordered = packs.toSorted(
    (a, b) => PILLARS.indexOf(a.pillar) - PILLARS.indexOf(b.pillar) || (a.id < b.id ? -1 : 1),
  );
  return {
    criteria: ordered.filter((pack) => pack.kind === "criterion"),
    signals: ordered.filter((pack) => pack.kind === "signal"),
  };
}

const duplicate = (pack: Pack, earlier: Pack): Diagnostic => ({
  code: "PACK003",
  message: `The id ${pack.id} is taken by ${earlier.file}.`,
  severity: "error",
  file: pack.file,
  line: 1,
  column: 1,
  hint: "Give one of them another id and file name.",
});

/** One pack from its YAML text. Mistakes are appended to `diagnostics`, and the answer is then undefined. */
export function parsePack(
  source: string,
  file: string,
  diagnostics: Diagnostic[],
  options: LoadOptions = {},
): Pack | undefined {
  const lines = new LineCounter();
  const document = parseDocument(options.fixtures ? source : withoutFixtures(source), {
    lineCounter: lines,
    merge: true,
    uniqueKeys: true,
  });
  const report = (code: string, message: string, position: Position, hint: string): void => {
    diagnostics.push({
      code,
      message,
      severity: "error",
      file,
      ...position,
      hint,
    });
  };
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    report("PACK001", error.message.split("\n")[0] ?? "", { line, column: col }, "Mend the YAML at this place.");
  }
  if (document.errors.length > 0) return undefined;
  const parsed = packFile.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(issue, document, lines, report);
    return undefined;
  }
  const found = mistakes(parsed.data, file);
  for (const { path, message, hint } of found) report("PACK002", message, positionOf(document, lines, path), hint);
  return found.length > 0 ? undefined : toPack(parsed.data, file);
}

/** Fixtures close a file by convention; YAML parsing costs by the byte. */
function withoutFixtures(source: string): string {
  const start = source.search(/^ {2}fixtures:[ \t]*$/m);
  return start >= 0 && !/^(?: {0,2}[^\s#])/m.test(source.slice(source.indexOf("\n", start) + 1))
    ? source.slice(0, start)
    : source;
}

type Report = (code: string, message: string, position: Position, hint: string) => void;

function reportIssue(issue: z.core.$ZodIssue, document: Document, lines: LineCounter, report: Report): void {
  const where = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const position = keyPositionOf(document, lines, issue.path, key);
      report(
        "PACK002",
        `${where === "" ? key : `${where}.${key}`} is not a field of a pack.`,
        position,
        "Remove it or correct its name.",
      );
    }
    return;
  }
  const present = document.hasIn(issue.path);
  report(
    "PACK002",
    `${where}: ${issue.message}.`,
    positionOf(document, lines, issue.path),
    present ? "Correct the value." : `Add ${where}.`,
  );
}

interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly hint: string;
}

/** What no field can say alone: names against the path, thresholds against each other. */
function mistakes(pack: PackFile, file: string): Mistake[] {
  const found: Mistake[] = [];
  const name = basename(file, extname(file));
  if (name !== pack.id) {
    found.push({
      path: ["id"],
      message: `The id ${pack.id} is not the file name ${name}.`,
      hint: `Write id: ${name}.`,
    });
  }
  const folder = basename(dirname(file));
  if (folder !== pack.zt.pillar) {
    found.push({
      path: ["zt", "pillar"],
      message: `The pillar ${pack.zt.pillar} is not the folder ${folder}.`,
      hint: `Move the file to ${pack.zt.pillar}/ or write pillar: ${folder}.`,
    });
  }
  return pack.zt.kind === "criterion" ? [...found, ...ladderMistakes(pack.zt)] : found;
}

function ladderMistakes(block: CriterionBlock): Mistake[] {
  const { values } = thresholdsOf(block);
  const steps = LADDER.flatMap((stage) => (values[stage] === undefined ? [] : [{ stage, value: values[stage] }]));
  const first = steps[0];
  if (!first || LADDER.indexOf(first.stage) > LADDER.indexOf(block.stage)) {
    const hint = `Add a threshold at ${block.stage} or below.`;
    return [
      {
        path: ["zt", "thresholds"],
        message: `No threshold at or below the stage ${block.stage}.`,
        hint,
      },
    ];
  }
  return steps.slice(1).flatMap(({ stage, value }, index) => {
    const before = steps[index]?.value ?? value;
    if (block.direction === "atLeast" ? value >= before : value <= before) return [];
    const message = `The threshold at ${stage} is easier than the one before it.`;
    return [
      {
        path: ["zt", "thresholds", stage],
        message,
        hint: "A higher stage asks for at least as much.",
      },
    ];
  });
}

function thresholdsOf(block: CriterionBlock): {
  values: Thresholds;
  sources: Partial<Record<LadderStage, ThresholdSource>>;
} {
  const values: Partial<Record<LadderStage, number>> = {};
  const sources: Partial<Record<LadderStage, ThresholdSource>> = {};
  for (const stage of LADDER) {
    const threshold = block.thresholds[stage];
    if (threshold === undefined) continue;
    if (typeof threshold === "number") values[stage] = threshold;
    else {
      values[stage] = threshold.value;
      sources[stage] = { source: threshold.source, cite: threshold.cite };
    }
  }
  return { values, sources };
}

function toPack(file: PackFile, path: string): Pack {
  const { zt } = file;
  const base = {
    id: file.id,
    name: file.name,
    description: file.description,
    pillar: zt.pillar,
    tables: file.tables,
    query: file.query,
    connectors: file.requiredDataConnectors.map(({ connectorId: id, dataTypes: tables = [] }) => ({ id, tables })),
    requires: zt.requires,
    window: zt.window,
    tactics: file.tactics,
    techniques: file.relevantTechniques,
    maps: zt.maps,
    ...(zt.fixtures && { fixtures: zt.fixtures }),
    file: path,
  };
  return zt.kind === "signal" ? { ...base, kind: "signal" } : { ...base, ...criterionFields(file, zt) };
}

type CriterionFields = Omit<CriterionPack, keyof Omit<Pack, "kind">>;

function criterionFields(file: PackFile, block: CriterionBlock): CriterionFields {
  const { values, sources } = thresholdsOf(block);
  return {
    kind: "criterion",
    stage: block.stage,
    direction: block.direction,
    thresholds: values,
    sources,
    minimum: block.minimum,
    snapshot: block.snapshot,
    slicing: block.slicing,
    columns: block.columns,
    ...(block.gate && { gate: block.gate }),
    seed: block.seed,
    next: block.next,
    ...(block.offenders && {
      offendersQuery: splitLets(`${file.query}\n`).lets + block.offenders,
      offendersCount: OFFENDERS_COUNT,
    }),
  };
}
