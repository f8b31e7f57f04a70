import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
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

/** Numbers of a call in the window: its time, whether it failed, and the id of its resource. */
const CALL = 3;
/**
 * Numbers of a caller: errors in the window; calls and errors that left it, fading, which are the baseline as of the time
 * that stands last; and the window.
 */
const [FAILED, CALLS, ERRORS, SINCE, WINDOW, WIDTH] = [0, 1, 2, 3, 4, 4 + LIST];

/** A caller in a snapshot: [time, failed, resource] of the calls in the window. */
interface SavedCaller {
  readonly window: readonly (readonly [number, number, string])[];
  readonly calls: number;
  readonly errors: number;
  readonly since: number;
}

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

class ApiErrorBurst implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #callers: IdSlots;
  readonly #windows: Lists;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#callers = new IdSlots(names, settings.maxCallers, WIDTH);
    this.#windows = this.#callers.lists(WINDOW);
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
    const [span, least] = [this.#settings.windowMinutes * MINUTE, CALL * this.#settings.minCalls];
    return (rows) => {
      callers.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const id = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        const bits = codes.of(code[row] as number);
        if (id === 0 || (bits & (SUCCESS_BIT | FAILURE_BIT)) === 0) continue;
        const found = callers.find(id);
        const slot = found >= 0 ? found : this.#add(id);
        const failed = (bits & FAILURE_BIT) !== 0 ? 1 : 0;
        this.#age(slot, time - span);
        this.#windows.push(slot, time);
        this.#windows.push(slot, failed);
        this.#windows.push(slot, resourceId[row] as number);
        if (failed === 0) continue;
        callers.numbers[WIDTH * slot + FAILED] = (callers.numbers[WIDTH * slot + FAILED] as number) + 1;
        if (this.#windows.length(slot) >= least) this.#judge(id, slot, time, code[row] as number);
      }
    };
  }

  /** Resources of the calls in the windows. */
  mark(live: Uint8Array): void {
    this.#windows.mark(live, 2, CALL);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const callers = this.#callers.snapshot((slot): SavedCaller => {
      const [numbers, at, window] = [this.#callers.numbers, WIDTH * slot, this.#windows.of(slot)];
      const cell = (call: number, part: number): number => window[CALL * call + part] as number;
      const saved = Array.from({ length: window.length / CALL }, (_, call) => {
        return [cell(call, 0), cell(call, 1), this.#names.text(cell(call, 2))] as const;
      });
      const [calls, errors] = [numbers[at + CALLS] as number, numbers[at + ERRORS] as number];
      return { window: saved, calls, errors, since: numbers[at + SINCE] as number };
    });
    return { callers, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { callers, episodes } = state as State;
    this.#callers.restore(callers, (slot, { window, calls, errors, since }) => {
      const failed = window.reduce((sum, [, one]) => sum + one, 0);
      this.#callers.numbers.set([failed, calls, errors, since], WIDTH * slot);
      const numbers = window.flatMap(([time, one, resource]) => [time, one, this.#names.id(resource)]);
      this.#windows.set(slot, numbers);
    });
    this.#episodes.restore(episodes);
  }

  #add(id: number): number {
    const slot = this.#callers.add(id);
    this.#callers.numbers.set([0, 0, 0, 0], WIDTH * slot);
    return slot;
  }

  /** Moves the calls before a time, and those beyond the bound once one more has come, from the window to the baseline. */
  #age(slot: number, since: number): void {
    const [start, length, window] = [this.#windows.start(slot), this.#windows.length(slot), this.#windows.numbers];
    let drop = Math.max(0, length - CALL * (this.#settings.maxCalls - 1));
    while (drop < length && (window[start + drop] as number) < since) drop += CALL;
    if (drop === 0) return;
    let errors = 0;
    for (let at = 1; at < drop; at += CALL) errors += window[start + at] as number;
    this.#windows.remove(slot, 0, drop);
    const [numbers, at] = [this.#callers.numbers, WIDTH * slot];
    const left = 2 ** (-Math.max(0, since - (numbers[at + SINCE] as number)) / HALF_LIFE);
    numbers[at + FAILED] = (numbers[at + FAILED] as number) - errors;
    numbers[at + CALLS] = (numbers[at + CALLS] as number) * left + drop / CALL;
    numbers[at + ERRORS] = (numbers[at + ERRORS] as number) * left + errors;
    numbers[at + SINCE] = Math.max(numbers[at + SINCE] as number, since);
  }

  #judge(id: number, slot: number, time: number, code: number): void {
    const { minErrors, minRatio, minDecades, priorCalls, priorRate, windowMinutes } = this.#settings;
    const [numbers, at] = [this.#callers.numbers, WIDTH * slot];
    const errors = numbers[at + FAILED] as number;
    const calls = this.#windows.length(slot) / CALL;
    if (errors < minErrors || errors < minRatio * calls) return;
    const elapsed = time - (numbers[at + SINCE] as number);
    const known = faded(numbers[at + CALLS] as number, elapsed);
    const usual = (faded(numbers[at + ERRORS] as number, elapsed) + priorRate * priorCalls) / (known + priorCalls);
    const score = decades(errors, calls, usual);
    if (score < minDecades) return;
    const targets = new Set(this.#windows.of(slot).filter((_, i) => i % CALL === 2)).size;
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
