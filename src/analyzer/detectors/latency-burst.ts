import type { SignalBatch } from "../../signals/batch.ts";
import type { Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  bucketMinutes: 5,
  minCalls: 20,
  learningDays: 2,
  learningCalls: 500,
  /** Standard errors of the bucket's mean logarithm, and the factor on the usual duration. */
  minZ: 8,
  minFactor: 2,
  maxOperations: 20_000,
};

interface Operation {
  readonly first: number;
  bucket: number;
  count: number;
  sum: number;
  /** Of the logarithms of all earlier calls: count, mean, variance, and the variance of bucket means around it. */
  calls: number;
  mean: number;
  variance: number;
  between: number;
}

interface State {
  readonly operations: BoundedMapState<Operation>;
  readonly episodes: EpisodesState;
}

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** Weight of one bucket in the long run: the baseline follows over about two days. */
const RATE = 0.002;

class LatencyBurst implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #names: Names;
  /** Applications and their operations. */
  readonly #tuples: Tuples;
  readonly #operations: IdMap<Operation>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#settings = settings;
    this.#names = names;
    this.#tuples = new Tuples(names);
    this.#operations = new IdMap(this.#tuples, settings.maxOperations);
    this.#episodes = new Episodes(HOUR, emit);
  }

  get evictions(): number {
    return this.#operations.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const elapsed = valuesOf(batch, "DurationMs");
    const [operation, app] = [idsOf(batch, "Operation"), idsOf(batch, "App")];
    const size = this.#settings.bucketMinutes * MINUTE;
    const [operations, episodes, tuples, { time: times }] = [this.#operations, this.#episodes, this.#tuples, batch];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, took] = [times[row] as number, elapsed[row] as number];
        episodes.expire(time);
        if (!(took >= 0) || operation[row] === 0) continue;
        const bucket = Math.floor(time / size);
        const id = tuples.of(app[row] as number, operation[row] as number);
        let found = operations.get(id);
        if (!found) {
          found = { first: time, bucket, count: 0, sum: 0, calls: 0, mean: 0, variance: 0, between: 0 };
          operations.set(id, found);
        }
        if (bucket !== found.bucket) this.#close(id, found, bucket);
        const log = Math.log1p(took);
        found.count += 1;
        found.sum += log;
        this.#spread(found, log);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { operations: this.#operations.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { operations, episodes } = state as State;
    this.#operations.restore(operations);
    this.#episodes.restore(episodes);
  }

  /** Spread of single calls around the usual mean; a burst moves it only slowly. */
  #spread(operation: Operation, log: number): void {
    if (operation.calls === 0) return;
    const rate = Math.max(RATE / 20, 1 / operation.calls);
    const deviation = Math.min(9 * Math.max(operation.variance, 0.05), (log - operation.mean) ** 2);
    operation.variance += rate * (deviation - operation.variance);
  }

  #close(id: number, operation: Operation, next: number): void {
    const { count, sum, bucket } = operation;
    const mean = sum / Math.max(1, count);
    const time = (bucket + 1) * this.#settings.bucketMinutes * MINUTE;
    const isTold = count >= this.#settings.minCalls && this.#judge(id, operation, mean, time);
    if (!isTold && count > 0) {
      operation.calls += count;
      const rate = Math.max(RATE, count / operation.calls);
      const before = mean - operation.mean;
      operation.mean += rate * before;
      // What buckets differ by beyond the noise of their calls: load by hour, releases.
      operation.between += rate * (Math.max(0, before * before - operation.variance / count) - operation.between);
    }
    [operation.bucket, operation.count, operation.sum] = [next, 0, 0];
  }

  #judge(id: number, operation: Operation, mean: number, time: number): boolean {
    const { minZ, minFactor, learningCalls, learningDays, bucketMinutes } = this.#settings;
    const { calls, count, variance, between, first } = operation;
    if (calls < learningCalls || time - first < learningDays * DAY) return false;
    const excess = mean - operation.mean;
    const z = excess / Math.sqrt(Math.max(1e-6, variance / count + between));
    if (z < minZ || excess < Math.log(minFactor)) return false;
    const [app, verb] = [this.#names.text(this.#tuples.first(id)), this.#names.text(this.#tuples.second(id))];
    const name = app === "" ? verb : `${app}: ${verb}`;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: z,
      reason:
        `${count} calls within ${bucketMinutes} min took ${figure(Math.expm1(mean))} ms (geometric mean), where ` +
        `${calls} earlier calls took ${figure(Math.expm1(operation.mean))} ms: ${figure(z)} standard errors (limit ${minZ}).`,
    });
    return true;
  }
}

/**
 * An operation of an application suddenly answers slowly: the geometric mean of a 5-minute bucket lies far above the
 * operation's own mean, in standard errors that include how much its buckets usually differ. A backend in trouble, or one
 * that somebody exhausts.
 */
export default detector({
  name: "latency-burst",
  pillars: ["applications"],
  needs: ["DurationMs", "Operation"],
  defaults,
  relaxed: { minCalls: 5, minZ: 4, minFactor: 1.3 },
  create: (settings, emit, names) => new LatencyBurst(settings, emit, names),
});
