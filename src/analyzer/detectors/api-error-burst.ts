import type { SignalBatch } from "../../signals/batch.ts";
import { DecayedCounter, type DecayedCounterState } from "../../stats/decayed-counter.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
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

interface Caller {
  /** [time, failed, resource] of the calls in the window. */
  window: (readonly [number, boolean, string])[];
  /** Calls and errors that left the window, fading: the baseline. */
  calls: DecayedCounterState;
  errors: DecayedCounterState;
}

interface State {
  readonly callers: BoundedMapState<Caller>;
  readonly episodes: EpisodesState;
}

const MINUTE = 60_000;
const HALF_LIFE = 7 * 86_400_000;
const none = (): DecayedCounterState => ({ value: 0, time: 0 });

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

function added(state: DecayedCounterState, time: number, amount: number): DecayedCounterState {
  const counter = new DecayedCounter(HALF_LIFE, state);
  counter.add(time, amount);
  return counter.snapshot();
}

class ApiErrorBurst implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #callers: BoundedMap<Caller>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#callers = new BoundedMap(settings.maxCallers);
    this.#episodes = new Episodes(5 * settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#callers.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [code, ip] = [textOf(batch, "ResultCode"), textOf(batch, "IP")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      const name = (batch.subject[row] as string) || ip(row);
      const outcome = outcomeOf(code(row));
      if (name === "" || outcome === "unknown") return;
      const caller = this.#callers.at(name, () => ({ window: [], calls: none(), errors: none() }));
      caller.window.push([time, outcome === "failure", batch.resource[row] as string]);
      this.#age(caller, time - this.#settings.windowMinutes * MINUTE);
      if (outcome === "failure" && caller.window.length >= this.#settings.minCalls)
        this.#judge(name, caller, time, code(row));
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      callers: this.#callers.snapshot(),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { callers, episodes } = state as State;
    this.#callers.restore(callers);
    this.#episodes.restore(episodes);
  }

  #age(caller: Caller, since: number): void {
    const { window } = caller;
    let drop = Math.max(0, window.length - this.#settings.maxCalls);
    while (drop < window.length && (window[drop]?.[0] ?? 0) < since) drop += 1;
    if (drop === 0) return;
    const left = window.splice(0, drop);
    const errors = left.reduce((sum, [, failed]) => sum + (failed ? 1 : 0), 0);
    caller.calls = added(caller.calls, since, left.length);
    caller.errors = added(caller.errors, since, errors);
  }

  #judge(name: string, caller: Caller, time: number, code: string): void {
    const { minErrors, minRatio, minDecades, priorCalls, priorRate, windowMinutes } = this.#settings;
    const calls = caller.window.length;
    const errors = caller.window.reduce((sum, [, failed]) => sum + (failed ? 1 : 0), 0);
    if (errors < minErrors || errors < minRatio * calls) return;
    const known = new DecayedCounter(HALF_LIFE, caller.calls).at(time);
    const usual =
      (new DecayedCounter(HALF_LIFE, caller.errors).at(time) + priorRate * priorCalls) / (known + priorCalls);
    const score = decades(errors, calls, usual);
    if (score < minDecades) return;
    const targets = new Set(caller.window.map(([, , resource]) => resource)).size;
    this.#episodes.report(name, {
      subject: name,
      time,
      score,
      reason:
        `${errors} of ${calls} calls within ${windowMinutes} min failed (last code ${code}, ${plural(targets, "resource")}); ` +
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
  create: (settings, emit) => new ApiErrorBurst(settings, emit),
});
