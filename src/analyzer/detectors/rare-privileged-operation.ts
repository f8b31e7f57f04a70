import { resourceOf, type SignalBatch, subjectOf, textAt } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { missingMass } from "../../stats/good-turing.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdMap } from "../id-map.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "../outcome.ts";
import { CRITICAL_PRIVILEGE, NO_PRIVILEGE, privileges } from "../privileged.ts";
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

interface Usage {
  uses: number;
  /** Callers that used it exactly once. */
  singles: number;
}

interface State {
  readonly pairs: BoundedMapState<number>;
  readonly operations: BoundedMapState<Usage>;
  readonly callers: BoundedMapState<number>;
  readonly origin: number | null;
  readonly total: number;
}

const DAY = 86_400_000;

const newUsage = (): Usage => ({ uses: 0, singles: 0 });

class RarePrivilegedOperation implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #privileges: NameProperty;
  /** Operations are told apart without case: the id of the lower-case name. */
  readonly #lower: NameProperty;
  readonly #tuples: Tuples;
  readonly #emit: Emit;
  /** Uses per caller and operation, per operation, per caller. */
  readonly #pairs: IdMap<number>;
  readonly #operations: IdMap<Usage>;
  readonly #callers: IdMap<number>;
  #origin: number | undefined;
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#privileges = privileges(names);
    this.#lower = names.property((name) => names.id(name.toLowerCase()));
    this.#settings = settings;
    this.#emit = emit;
    this.#tuples = new Tuples(names);
    this.#pairs = new IdMap(this.#tuples, settings.maxPairs);
    this.#operations = new IdMap(names, settings.maxOperations);
    this.#callers = new IdMap(names, settings.maxPairs);
  }

  get evictions(): number {
    return this.#pairs.evictions + this.#operations.evictions + this.#callers.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId } = batch;
    const [codes, privilege, lower] = [this.#bits, this.#privileges, this.#lower];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        this.#origin ??= times[row] as number;
        const [caller, used] = [subjectId[row] as number, operation[row] as number];
        if (caller === 0 || used === 0) continue;
        if ((codes.of(code[row] as number) & (ANNOUNCEMENT_BIT | FAILURE_BIT)) !== 0) continue;
        const [name, kind] = [lower.of(used), privilege.of(used)];
        if (kind !== NO_PRIVILEGE) this.#judge(caller, name, batch, row, kind === CRITICAL_PRIVILEGE);
        this.#learn(caller, name);
      }
    };
  }

  finish(): void {}

  snapshot(): State {
    return {
      pairs: this.#pairs.snapshot(),
      operations: this.#operations.snapshot(),
      callers: this.#callers.snapshot(),
      origin: this.#origin ?? null,
      total: this.#total,
    };
  }

  restore(state: unknown): void {
    const { pairs, operations, callers, origin, total } = state as State;
    this.#pairs.restore(pairs);
    this.#operations.restore(operations);
    this.#callers.restore(callers);
    this.#origin = origin ?? undefined;
    this.#total = total;
  }

  #learn(caller: number, name: number): void {
    const pair = this.#tuples.of(caller, name);
    const before = this.#pairs.get(pair) ?? 0;
    this.#pairs.set(pair, before + 1);
    const usage = this.#operations.at(name, newUsage);
    usage.uses += 1;
    if (before < 2) usage.singles += before === 0 ? 1 : -1;
    this.#callers.set(caller, (this.#callers.get(caller) ?? 0) + 1);
    this.#total += 1;
  }

  #judge(id: number, name: number, batch: SignalBatch, row: number, critical: boolean): void {
    const time = batch.time[row] as number;
    const { learningDays, criticalLearningDays, rareUses, maxProbability, smoothing } = this.#settings;
    const history = time - (this.#origin ?? time);
    if (history < (critical ? criticalLearningDays : learningDays) * DAY) return;
    if (this.#pairs.get(this.#tuples.of(id, name))) return;
    const { uses, singles } = this.#operations.get(name) ?? { uses: 0, singles: 0 };
    if (uses > rareUses && !(critical && missingMass(singles, uses) <= maxProbability)) return;
    // Jeffreys' half for what was never seen, then the caller's habits smoothed by the tenant's.
    const inTenant = (uses + 0.5) / (this.#total + 1);
    const own = this.#callers.get(id) ?? 0;
    const byCaller = (smoothing * inTenant) / (own + smoothing);
    const [caller, resource] = [subjectOf(batch, row), resourceOf(batch, row)];
    const operation = textAt(batch, "Operation", row);
    this.#emit({
      subject: caller,
      time,
      score: -Math.log10(inTenant) - Math.log10(byCaller) + (critical ? 2 : 0),
      reason:
        `First ${operation} by this caller in ${duration(history)} (${plural(own, "other operation")}), ` +
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
