import { z } from "zod";
import { LADDER, PILLARS } from "../core/maturity.ts";

/*
 * A query file is a Sentinel hunting query (id, name, description, requiredDataConnectors, tactics,
 * relevantTechniques, tables, query) with one more block, `zt`.
 *
 * `tables` lists what the query requires: a name, or a list of names of which one is enough. A table that the query
 * merely profits from is left out. `offenders` continues `query`: it runs after the `let` statements of `query`, so
 * that both start from the same rows.
 */

const text = z.string().trim().min(1);
const tableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a table name holds letters, digits and underscores");
const stage = z.enum(LADDER);

const threshold = z.union([
  z.number().min(0).max(1),
  z.strictObject({
    value: z.number().min(0).max(1),
    /** S: stands in the cited source; D: derived from it; J: our judgement. */
    source: z.enum(["S", "D", "J"]),
    cite: text,
  }),
]);

const days = z
  .string()
  .regex(/^[1-9]\d{0,3}d$/, "a number of days such as 30d")
  .transform((value) => Number.parseInt(value, 10));

const row = z.record(z.string(), z.unknown());
const count = z.number().int().nonnegative();

const fixture = z.strictObject({
  /** The run's clock; rows without a time lie just before it. */
  asOf: z.iso.datetime().optional(),
  tables: z.record(tableName, z.array(row)),
  numerator: count.optional(),
  denominator: count.optional(),
  numeratorInitial: count.optional(),
  numeratorIntermediate: count.optional(),
  numeratorOptimal: count.optional(),
  /** Rows of `offenders`; of a signal query, its rows. */
  offenders: count.optional(),
  events: count.optional(),
});

const fixtures = z.strictObject({
  good: fixture,
  bad: fixture,
  empty: fixture,
});

const maps = z
  .strictObject({
    cisa: z.array(text).optional(),
    mcsb: z.array(text).optional(),
    zta: z.array(text).optional(),
    nist: z.array(text).optional(),
    dod: z.array(text).optional(),
    scuba: z.array(text).optional(),
  })
  .default({});

/** What not every engine has: a pack that needs it is absent there, with the reason. */
const feature = z.enum(["watchlists", "workspace-functions", "ingestion-time"]);

const common = {
  pillar: z.enum(PILLARS),
  requires: z.array(feature).default([]),
  window: days.default(30),
  maps,
  fixtures: fixtures.optional(),
};

const criterion = z.strictObject({
  kind: z.literal("criterion"),
  ...common,
  /** The first stage that requires the criterion. */
  stage,
  thresholds: z.strictObject({
    initial: threshold.optional(),
    intermediate: threshold.optional(),
    optimal: threshold.optional(),
  }),
  direction: z.enum(["atLeast", "atMost"]).default("atLeast"),
  /** Smallest denominator that carries a verdict: 30 events or 10 entities unless the criterion says otherwise. */
  minimum: z.number().int().positive().default(30),
  /** The latest state counts, so slices of the window are not independent. */
  snapshot: z.boolean().default(false),
  /** Width of the buckets for trend and hysteresis. */
  slicing: days.default(7),
  /** Columns without which the counts mean nothing: where the data of a present table lack one, there is no verdict. */
  columns: z.record(tableName, z.array(text).min(1)).default({}),
  offenders: text.optional(),
  /** The organisation leaves this stage only while the criterion holds; `optimal`: it is sustained only so. */
  gate: stage.optional(),
  seed: z.array(text).default([]),
  next: text,
});

const signal = z.strictObject({ kind: z.literal("signal"), ...common });

export const packFile = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, "an id holds letters, digits and hyphens"),
  name: text,
  description: text,
  requiredDataConnectors: z
    .array(
      z.strictObject({
        connectorId: text,
        dataTypes: z.array(text).optional(),
      }),
    )
    .default([]),
  tactics: z.array(text).default([]),
  relevantTechniques: z.array(text).default([]),
  tables: z.array(z.union([tableName, z.array(tableName).min(2)])).min(1),
  query: text,
  zt: z.discriminatedUnion("kind", [criterion, signal]),
});

export type PackFile = z.output<typeof packFile>;
export type CriterionBlock = z.output<typeof criterion>;
export type Fixture = z.output<typeof fixture>;
export type Fixtures = z.output<typeof fixtures>;
export type Maps = z.output<typeof maps>;
