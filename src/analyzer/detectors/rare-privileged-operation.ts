import { resourceOf, type SignalBatch, subjectOf, textAt } from "../../signals/batch.ts";
import { grown } from "../../signals/grown.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { missingMass } from "../../stats/good-turing.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdSlots } from "../id-map.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "../outcome.ts";
import { CRITICAL_PRIVILEGE, NO_PRIVILEGE, privileges } from "../privileged.ts";
import type { Rows } from "../rows.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  learningDays: 14,
  /** Operations that hand over or blind a tenant are judged after this much history. */
  criticalLearningDays: 1,
  /** Uses in the whole tenant up to which an operation is rare. */
  rareUses: 3,
  /** Probability of a caller that never used it, by the operation's own history, up to which a critical one is told. */
  maxProbability: 0.02,
  /** Weight of the tenant's habits against the caller's own. */
  smoothing: 5,
  maxPairs: 200_000,
  maxOperations: 50_000,
};

/** An operation in a snapshot. */
interface Usage {
  readonly uses: number;
  /** Callers that used it exactly once. */
  readonly singles: number;
}

/** Numbers of an operation. */
const [USES, SINGLES, WIDTH] = [0, 1, 2];

interface State {
  readonly pairs: BoundedMapState<number>;
  readonly operations: BoundedMapState<Usage>;
  readonly callers: BoundedMapState<number>;
  readonly origin: number | null;
  readonly total: number;
}

const DAY = 86_400_000;

/** The number of an id, or 0. */
function countOf(counts: IdSlots, id: number): number {
  const slot = counts.find(id);
  return slot < 0 ? 0 : (counts.numbers[slot] as number);
}

/** Counts an id once more; answers what it was before. */
function count(counts: IdSlots, id: number): number {
  const found = counts.find(id);
  const slot = found < 0 ? counts.add(id) : found;
  const before = found < 0 ? 0 : (counts.numbers[slot] as number);
  counts.numbers[slot] = before + 1;
  return before;
}

class RarePrivilegedOperation implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #privileges: NameProperty;
  /** Operations are told apart without case: the id of the lower-case name. */
  readonly #lower: NameProperty;
  readonly #tuples: Tuples;
  readonly #emit: Emit;
  /** Uses per caller and operation, per operation, per caller. */
  readonly #pairs: IdSlots;
  readonly #operations: IdSlots;
  readonly #callers: IdSlots;
  #row = new Int32Array(0);
  #origin: number | undefined;
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#privileges = privileges(names);
    this.#lower = names.property((name) => names.id(name.toLowerCase()));
    this.#settings = settings;
    this.#emit = emit;
    this.#tuples = new Tuples(names);
    this.#pairs = new IdSlots(this.#tuples, settings.maxPairs, 1);
    this.#operations = new IdSlots(names, settings.maxOperations, WIDTH);
    this.#callers = new IdSlots(names, settings.maxPairs, 1);
  }

  get evictions(): number {
    return this.#pairs.evictions + this.#operations.evictions + this.#callers.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId } = batch;
    const [codes, privilege] = [this.#bits, this.#privileges];
    return (rows) => {
      const names = this.#namesOf(operation, rows);
      this.#pairs.warm(this.#tuples.ahead(subjectId, names, rows), rows);
      this.#callers.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        this.#origin ??= times[row] as number;
        const [caller, used] = [subjectId[row] as number, operation[row] as number];
        if (caller === 0 || used === 0) continue;
        if ((codes.of(code[row] as number) & (ANNOUNCEMENT_BIT | FAILURE_BIT)) !== 0) continue;
        const [name, kind] = [names[row] as number, privilege.of(used)];
        if (kind !== NO_PRIVILEGE) this.#judge(caller, name, batch, row, kind === CRITICAL_PRIVILEGE);
        this.#learn(caller, name);
      }
    };
  }

  finish(): void {}

  snapshot(): State {
    return {
      pairs: this.#pairs.snapshot((slot) => this.#pairs.numbers[slot] as number),
      operations: this.#operations.snapshot((slot) => this.#usage(slot)),
      callers: this.#callers.snapshot((slot) => this.#callers.numbers[slot] as number),
      origin: this.#origin ?? null,
      total: this.#total,
    };
  }

  restore(state: unknown): void {
    const { pairs, operations, callers, origin, total } = state as State;
    this.#pairs.restore(pairs, (slot, uses) => {
      this.#pairs.numbers[slot] = uses;
    });
    this.#operations.restore(operations, (slot, { uses, singles }) => {
      this.#operations.numbers.set([uses, singles], WIDTH * slot);
    });
    this.#callers.restore(callers, (slot, uses) => {
      this.#callers.numbers[slot] = uses;
    });
    this.#origin = origin ?? undefined;
    this.#total = total;
  }

  /** The lower-case names of the rows' operations, by row. */
  #namesOf(operations: Int32Array, { order, from, to }: Rows): Int32Array {
    this.#row = grown(this.#row, operations.length);
    for (let i = from; i < to; i++) {
      const row = order[i] as number;
      this.#row[row] = operations[row] === 0 ? 0 : this.#lower.of(operations[row] as number);
    }
    return this.#row;
  }

  #learn(caller: number, name: number): void {
    const before = count(this.#pairs, this.#tuples.of(caller, name));
    const found = this.#operations.find(name);
    const slot = found < 0 ? this.#operations.add(name) : found;
    const [{ numbers }, at] = [this.#operations, WIDTH * slot];
    numbers[at + USES] = (found < 0 ? 0 : (numbers[at + USES] as number)) + 1;
    const singles = found < 0 ? 0 : (numbers[at + SINGLES] as number);
    numbers[at + SINGLES] = singles + (before === 0 ? 1 : before === 1 ? -1 : 0);
    count(this.#callers, caller);
    this.#total += 1;
  }

  #usage(slot: number): Usage {
    const [{ numbers }, at] = [this.#operations, WIDTH * slot];
    return { uses: numbers[at + USES] as number, singles: numbers[at + SINGLES] as number };
  }

  #judge(id: number, name: number, batch: SignalBatch, row: number, critical: boolean): void {
    const time = batch.time[row] as number;
    const { learningDays, criticalLearningDays, rareUses, maxProbability, smoothing } = this.#settings;
    const history = time - (this.#origin ?? time);
    if (history < (critical ? criticalLearningDays : learningDays) * DAY) return;
    if (countOf(this.#pairs, this.#tuples.of(id, name)) > 0) return;
    const operation = this.#operations.find(name);
    const { uses, singles } = operation < 0 ? { uses: 0, singles: 0 } : this.#usage(operation);
    if (uses > rareUses && !(critical && missingMass(singles, uses) <= maxProbability)) return;
    // Jeffreys' half for what was never seen, then the caller's habits smoothed by the tenant's.
    const inTenant = (uses + 0.5) / (this.#total + 1);
    const own = countOf(this.#callers, id);
    const byCaller = (smoothing * inTenant) / (own + smoothing);
    const [caller, resource] = [subjectOf(batch, row), resourceOf(batch, row)];
    const used = textAt(batch, "Operation", row);
    this.#emit({
      subject: caller,
      time,
      score: -Math.log10(inTenant) - Math.log10(byCaller) + (critical ? 2 : 0),
      reason:
        `First ${used} by this caller in ${duration(history)} (${plural(own, "other operation")}), ` +
        `used ${uses === 0 ? "never" : plural(uses, "time")} before in the tenant` +
        `${resource === "" ? "" : `, on ${resource}`}.`,
    });
  }
}

/**
 * A caller's first use of a privileged operation that is rare in the tenant, after 14 days of learning (Sentinel's
 * rare-operation rules); operations that hand over or blind the tenant are told on a caller's first use after one day.
 * The score is −log10 of the smoothed probability by caller and by tenant.
 */
export default detector({
  name: "rare-privileged-operation",
  pillars: ["infrastructure", "identities"],
  needs: ["Operation"],
  defaults,
  relaxed: { learningDays: 5, rareUses: 10, maxProbability: 0.2 },
  create: (settings, emit, names) => new RarePrivilegedOperation(settings, emit, names),
});
