import type { SignalBatch } from "../../signals/batch.ts";
import { missingMass } from "../../stats/good-turing.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { isAnnouncement, outcomeOf } from "../outcome.ts";
import { privilegeOf } from "../privileged.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
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

class RarePrivilegedOperation implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  /** Uses per caller and operation, per operation, per caller. */
  readonly #pairs: BoundedMap<number>;
  readonly #operations: BoundedMap<Usage>;
  readonly #callers: BoundedMap<number>;
  #origin: number | undefined;
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#pairs = new BoundedMap(settings.maxPairs);
    this.#operations = new BoundedMap(settings.maxOperations);
    this.#callers = new BoundedMap(settings.maxPairs);
  }

  get evictions(): number {
    return this.#pairs.evictions + this.#operations.evictions + this.#callers.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [operation, code] = [textOf(batch, "Operation"), textOf(batch, "ResultCode")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#origin ??= time;
      const [caller, name] = [batch.subject[row] as string, operation(row)];
      if (caller === "" || name === "" || isAnnouncement(code(row)) || outcomeOf(code(row)) === "failure") return;
      const privilege = privilegeOf(name);
      if (privilege !== "none")
        this.#judge(caller, name, batch.resource[row] as string, time, privilege === "critical");
      this.#learn(caller, name);
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

  #learn(caller: string, operation: string): void {
    const name = operation.toLowerCase();
    const pair = `${caller}\u0000${name}`;
    const before = this.#pairs.get(pair) ?? 0;
    this.#pairs.set(pair, before + 1);
    const usage = this.#operations.at(name, () => ({ uses: 0, singles: 0 }));
    usage.uses += 1;
    if (before < 2) usage.singles += before === 0 ? 1 : -1;
    this.#callers.set(caller, (this.#callers.get(caller) ?? 0) + 1);
    this.#total += 1;
  }

  #judge(caller: string, operation: string, resource: string, time: number, critical: boolean): void {
    const { learningDays, criticalLearningDays, rareUses, maxProbability, smoothing } = this.#settings;
    const history = time - (this.#origin ?? time);
    if (history < (critical ? criticalLearningDays : learningDays) * DAY) return;
    const name = operation.toLowerCase();
    if (this.#pairs.get(`${caller}\u0000${name}`)) return;
    const { uses, singles } = this.#operations.get(name) ?? { uses: 0, singles: 0 };
    if (uses > rareUses && !(critical && missingMass(singles, uses) <= maxProbability)) return;
    // Jeffreys' half for what was never seen, then the caller's habits smoothed by the tenant's.
    const inTenant = (uses + 0.5) / (this.#total + 1);
    const own = this.#callers.get(caller) ?? 0;
    const byCaller = (smoothing * inTenant) / (own + smoothing);
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
  create: (settings, emit) => new RarePrivilegedOperation(settings, emit),
});
