import { parseArgs } from "node:util";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { openSchema } from "../../src/detect/detect.ts";
import { scheduleOf } from "../../src/detect/schedule.ts";
import { compileWindows } from "../../src/kql/windows.ts";
import { loadRules } from "../../src/packs/rules/load.ts";
import type { AnalyticRule } from "../../src/packs/rules/types.ts";

/**
 * How much of a collection of analytic rules loads and runs. Every rule is compiled and executed over all its windows of
 * two days, against empty tables of the catalogue.
 *   npm run rules:coverage -- FOLDER… [--functions FOLDER] [--list]
 */
const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { functions: { type: "string" }, list: { type: "boolean", default: false } },
});
if (paths.length === 0) {
  process.stderr.write("Give folders of rules: npm run rules:coverage -- ./Azure-Sentinel/Detections\n");
  process.exit(2);
}

type Outcome = "run" | "unsupported" | "error";
interface Result {
  readonly rule: AnalyticRule;
  readonly outcome: Outcome;
  readonly reason: string;
  /** Tables and functions that nothing describes. */
  readonly undescribed: readonly string[];
  readonly isLifted: boolean;
}

const loaded = loadRules(paths);
const backend = await EmbeddedBackend.open({
  paths: [],
  ...(options.functions !== undefined && { functions: options.functions }),
});
const schema = openSchema(backend.schema, loaded.functions);
const end = parseIsoDatetime("2026-01-03T00:00:00Z") ?? 0n;
const span = { start: end - 2n * TICKS_PER_DAY, end };
const WORD = /[A-Za-z_]\w*/g;

/** Creates the documented tables that a text and the functions it calls name. */
async function createTables(text: string): Promise<void> {
  const seen = new Set<string>();
  const pending = [text];
  for (let source = pending.pop(); source !== undefined; source = pending.pop())
    for (const word of source.match(WORD) ?? []) {
      if (seen.has(word)) continue;
      seen.add(word);
      if (schema.declared?.(word) && !schema.table(word)) await backend.addRows(word, []);
      const body = schema.functions?.get(word);
      if (body !== undefined) pending.push(body);
    }
}

async function judge(rule: AnalyticRule): Promise<Result> {
  await createTables(rule.query);
  const windows = scheduleOf(rule, span, { delay: 0n });
  const fail = (outcome: Outcome, reason: string): Result => ({
    rule,
    outcome,
    reason,
    undescribed: [],
    isLifted: false,
  });
  try {
    const result = compileWindows(rule.query, { schema, windows });
    if (result.kind === "refused")
      return fail(result.unsupported.length > 0 ? "unsupported" : "error", result.diagnostics[0]?.message ?? "");
    if (result.kind !== "windowed") {
      await backend.query(rule.query, { schema, now: end, timespan: span });
      return { rule, outcome: "run", reason: "", undescribed: [], isLifted: false };
    }
    const { over, at, absent } = result.query;
    await backend.run(at(end));
    const isLifted =
      over !== undefined &&
      (await backend
        .run(over(0, windows.count))
        .then(() => true)
        .catch(() => false));
    return { rule, outcome: "run", reason: "", undescribed: [...absent], isLifted };
  } catch (error) {
    return fail("error", error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

const results: Result[] = [];
for (const rule of loaded.rules) results.push(await judge(rule));
await backend.close();

const percent = (part: number, whole: number): string =>
  `${part} of ${whole} (${whole === 0 ? "–" : ((100 * part) / whole).toFixed(2)} %)`;
const failedToLoad = loaded.diagnostics.filter(({ severity }) => severity === "error").length;
const ran = results.filter(({ outcome }) => outcome === "run");
const described = results.filter(({ undescribed }) => undescribed.length === 0);
process.stdout.write(
  `${[
    `rules found         ${loaded.found}`,
    `loaded              ${percent(loaded.found - failedToLoad, loaded.found)}, ${loaded.found - failedToLoad - loaded.rules.length} of them twice`,
    `run                 ${percent(ran.length, results.length)}`,
    `with known tables   ${percent(described.filter(({ outcome }) => outcome === "run").length, described.length)} run`,
    `all windows at once ${percent(ran.filter(({ isLifted }) => isLifted).length, ran.length)}`,
  ].join("\n")}\n`,
);
const reasons = Map.groupBy(
  results.filter(({ outcome }) => outcome !== "run"),
  ({ outcome, reason }) => `${outcome}: ${reason}`,
);
for (const [reason, group] of [...reasons].sort(([, a], [, b]) => b.length - a.length)) {
  process.stdout.write(`${String(group.length).padStart(5)}  ${reason}\n`);
  if (options.list) for (const { rule } of group) process.stdout.write(`         ${rule.file}\n`);
}
