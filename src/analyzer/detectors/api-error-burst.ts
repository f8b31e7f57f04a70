import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, FAILURE_BIT, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { plural } from "../wording.ts";

const defaults = {
  windowMinutes: 2,
  minCalls: 20,
  minErrors: 10,
  minRatio: 0.4,
  /** −log10 of the probability that the caller's usual error rate explains the window. */
  minDecades: 6,
  /** Calls of history that half count against the assumed usual rate. */
  priorCalls: 50,
  priorRate: 0.02,
  maxCallers: 50_000,
  maxCalls: 512,
};

/** Numbers per call of the window: its time, whether it failed, and the id of its resource. */
const WIDTH = 3;

interface Caller {
  /** The calls in the window, one after the other. */
  readonly window: number[];
  /** Errors among them. */
  failed: number;
  /** Calls and errors that left the window, fading: the baseline as of `since`. */
  calls: number;
  errors: number;
  since: number;
}

/** A caller in a snapshot: [time, failed, resource] of the calls in the window. */
type SavedCaller = Pick<Caller, "calls" | "errors" | "since"> & {
  readonly window: readonly (readonly [number, number, string])[];
};

interface State {
  readonly callers: BoundedMapState<SavedCaller>;
  readonly episodes: EpisodesState;
}

const MINUTE = 60_000;
const HALF_LIFE = 7 * 86_400_000;

/**
 * −log10 of the Chernoff bound on P(at least k errors of n at rate p): n·KL(k/n ‖ p)·log10 e. The true probability is
 * never above the bound. Source: H. Chernoff, Annals of Mathematical Statistics 23 (1952).
 */
function decades(errors: number, calls: number, rate: number): number {
  const q = errors / calls;
  if (q <= rate) return 0;
  const rest = q === 1 ? 0 : (1 - q) * Math.log((1 - q) / (1 - rate));
  return calls * (q * Math.log(q / rate) + rest) * Math.LOG10E;
}

/** What is left of a count after a time (see DecayedCounter). */
const faded = (value: number, elapsed: number): number =>
  value === 0 ? 0 : value * 2 ** (-Math.max(0, elapsed) / HALF_LIFE);

const newCaller = (): Caller => ({ window: [], failed: 0, calls: 0, errors: 0, since: 0 });

class ApiErrorBurst implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #callers: IdMap<Caller>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#callers = new IdMap(names, settings.maxCallers);
    names.hold(this);
    this.#episodes = new Episodes(5 * settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#callers.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [code, ip] = [idsOf(batch, "ResultCode"), idsOf(batch, "IP")];
    const { time: times, subjectId, resourceId } = batch;
    const [callers, episodes, codes] = [this.#callers, this.#episodes, this.#bits];
    const [span, least] = [this.#settings.windowMinutes * MINUTE, WIDTH * this.#settings.minCalls];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const id = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        const bits = codes.of(code[row] as number);
        if (id === 0 || (bits & (SUCCESS_BIT | FAILURE_BIT)) === 0) continue;
        const caller = callers.at(id, newCaller);
        const failed = (bits & FAILURE_BIT) !== 0 ? 1 : 0;
        caller.window.push(time, failed, resourceId[row] as number);
        caller.failed += failed;
        this.#age(caller, time - span);
        if (failed === 1 && caller.window.length >= least) this.#judge(id, caller, time, code[row] as number);
      }
    };
  }

  /** Resources of the calls in the windows. */
  mark(live: Uint8Array): void {
    for (const { window } of this.#callers.values())
      for (let at = 2; at < window.length; at += WIDTH) live[window[at] as number] = 1;
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const callers = this.#callers.snapshot(({ window, calls, errors, since }): SavedCaller => {
      const cell = (call: number, part: number): number => window[WIDTH * call + part] as number;
      const saved = Array.from({ length: window.length / WIDTH }, (_, call) => {
        return [cell(call, 0), cell(call, 1), this.#names.text(cell(call, 2))] as const;
      });
      return { window: saved, calls, errors, since };
    });
    return { callers, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { callers, episodes } = state as State;
    this.#callers.restore(callers, ({ window, ...rest }) => ({
      window: window.flatMap(([time, failed, resource]) => [time, failed, this.#names.id(resource)]),
      failed: window.reduce((sum, [, failed]) => sum + failed, 0),
      ...rest,
    }));
    this.#episodes.restore(episodes);
  }

  #age(caller: Caller, since: number): void {
    const { window } = caller;
    let drop = Math.max(0, window.length - WIDTH * this.#settings.maxCalls);
    while (drop < window.length && (window[drop] as number) < since) drop += WIDTH;
    if (drop === 0) return;
    let errors = 0;
    for (let at = 1; at < drop; at += WIDTH) errors += window[at] as number;
    for (let at = drop; at < window.length; at++) window[at - drop] = window[at] as number;
    window.length -= drop;
    caller.failed -= errors;
    const left = 2 ** (-Math.max(0, since - caller.since) / HALF_LIFE);
    caller.calls = caller.calls * left + drop / WIDTH;
    caller.errors = caller.errors * left + errors;
    caller.since = Math.max(caller.since, since);
  }

  #judge(id: number, caller: Caller, time: number, code: number): void {
    const { minErrors, minRatio, minDecades, priorCalls, priorRate, windowMinutes } = this.#settings;
    const { window, failed: errors } = caller;
    const calls = window.length / WIDTH;
    if (errors < minErrors || errors < minRatio * calls) return;
    const known = faded(caller.calls, time - caller.since);
    const usual = (faded(caller.errors, time - caller.since) + priorRate * priorCalls) / (known + priorCalls);
    const score = decades(errors, calls, usual);
    if (score < minDecades) return;
    const targets = new Set(window.filter((_, at) => at % WIDTH === 2)).size;
    const name = this.#names.text(id);
    this.#episodes.report(name, {
      subject: name,
      time,
      score,
      reason:
        `${errors} of ${calls} calls within ${windowMinutes} min failed (last code ${this.#names.text(code)}, ${plural(targets, "resource")}); ` +
        `the usual error rate is ${(usual * 100).toFixed(1)} %, learned from ${Math.round(known)} calls.`,
    });
  }
}

/**
 * A caller whose calls suddenly fail: at least 20 calls in a sliding 2 minutes, 10 errors and 40 % of the calls (Elastic's
 * high-4xx-ratio rule, 2026), and far beyond the caller's own learned error rate, so that a client that always gets
 * many 404 does not alarm.
 */
export default detector({
  name: "api-error-burst",
  pillars: ["applications"],
  needs: ["ResultCode"],
  defaults,
  relaxed: { minCalls: 8, minErrors: 3, minRatio: 0.3, minDecades: 2 },
  create: (settings, emit, names) => new ApiErrorBurst(settings, emit, names),
});
