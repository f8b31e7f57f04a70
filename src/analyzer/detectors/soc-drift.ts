import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { Cusum, type CusumState } from "../../stats/cusum.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf, someName, valuesOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { codeBits, FAILURE_BIT, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, figure } from "../wording.ts";

const defaults = {
  /** Limit of the cumulative sum, in standard deviations, and what each event may deviate without adding to it. */
  limit: 12,
  slack: 0.75,
  /** Events that make a baseline. */
  minEvents: 20,
  maxSubjects: 5000,
};

const TAKEN_UP = "incident taken up";
const HEALTH = ["analytics rule run", "automation rule run", "playbook", "data fetch"];

interface State {
  readonly subjects: BoundedMapState<CusumState>;
  readonly episodes: EpisodesState;
}

const DAY = 86_400_000;

const [TAKE_UP, RUN, OTHER] = [1, 2, 3];
function kindOf(operation: string): number {
  if (operation === TAKEN_UP) return TAKE_UP;
  const name = operation.toLowerCase();
  return HEALTH.some((part) => name.includes(part)) ? RUN : OTHER;
}

class SocDrift implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #kinds: NameProperty;
  readonly #subjects: BoundedMap<CusumState>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#kinds = names.property(kindOf);
    this.#settings = settings;
    this.#subjects = new BoundedMap(settings.maxSubjects);
    this.#episodes = new Episodes(DAY, emit);
  }

  get evictions(): number {
    return this.#subjects.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const waited = valuesOf(batch, "DurationMs");
    const [kinds, codes] = [this.#kinds, this.#bits];
    const acts = someName(operation, (used) => kinds.of(used) !== OTHER);
    return this.#episodes.reader(batch.time, acts, (row, time) => {
      const kind = kinds.of(operation[row] as number);
      if (kind === OTHER) return;
      const name = subjectOf(batch, row);
      if (name === "") return;
      const bits = codes.of(code[row] as number);
      if (kind === RUN && (bits & (SUCCESS_BIT | FAILURE_BIT)) !== 0) this.#ran(name, (bits & FAILURE_BIT) !== 0, time);
      if (kind === TAKE_UP && (waited[row] as number) >= 0) this.#waited(name, waited[row] as number, time);
    });
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { subjects: this.#subjects.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { subjects, episodes } = state as State;
    this.#subjects.restore(subjects);
    this.#episodes.restore(episodes);
  }

  #push(name: string, value: number, time: number, describe: (usual: number, sum: number) => string): void {
    const { limit, slack, minEvents } = this.#settings;
    const cusum = new Cusum({ slack, limit, minimum: minEvents }, this.#subjects.get(name));
    const usual = cusum.mean;
    const sum = cusum.push(value);
    this.#subjects.set(name, cusum.snapshot());
    if (sum < limit) return;
    this.#episodes.report(name, { subject: name, time, score: sum, reason: describe(usual, sum) });
  }

  /** Waiting times are skewed: their logarithms are compared. */
  #waited(name: string, waited: number, time: number): void {
    this.#push(
      name,
      Math.log1p(waited),
      time,
      (usual, sum) =>
        `Waited ${duration(waited)} to be taken up, where ${duration(Math.expm1(usual))} is usual, and it keeps rising: ` +
        `cumulative sum ${figure(sum)} (limit ${this.#settings.limit}).`,
    );
  }

  #ran(name: string, failed: boolean, time: number): void {
    this.#push(
      name,
      failed ? 1 : 0,
      time,
      (usual, sum) =>
        `Its runs fail again and again, where ${(100 * usual).toFixed(1)} % fail usually: cumulative sum ${figure(sum)} ` +
        `(limit ${this.#settings.limit}).`,
    );
  }
}

/**
 * The SOC itself goes blind or slow: analytic rules, playbooks or connectors that begin to fail, and incidents that wait
 * ever longer. Page's cumulative sum per rule and severity, so that a lasting change is told and a single failure is not.
 */
export default detector({
  name: "soc-drift",
  pillars: ["infrastructure"],
  needs: ["Operation"],
  defaults,
  relaxed: { limit: 5 },
  create: (settings, emit, names) => new SocDrift(settings, emit, names),
});
