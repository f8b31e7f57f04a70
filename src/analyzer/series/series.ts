import { Spot, type SpotState } from "../../stats/spot.ts";
import { Autoregression, type AutoregressionState } from "./autoregression.ts";
import { BinnedMeans, type MeansState } from "./means.ts";
import { Novelty, type NoveltyState } from "./novelty.ts";
import { Peaks } from "./peaks.ts";
import { Recent, type RecentState } from "./recent.ts";

/** The views of the series that novelty is judged in; the names explain an alert. The lite form has the first four. */
const PROJECTIONS = [
  "level",
  "hour and day type",
  "spread of 5",
  "minimum of 10",
  "hour of week",
  "short against long mean",
  "long against longer mean",
  "minimum of 30",
  "range of 30",
  "mean of 30 for the hour",
] as const;
export type Projection = (typeof PROJECTIONS)[number];
const LITE_PROJECTIONS = 4;

/** Raw score that is an alarm, the same for every series. */
export const ALERT_LEVEL = 8.77;
export const LITE_ALERT_LEVEL = 6.93;
const HOUR = 3_600_000;
const WEEK_HOURS = 168;
/** 1970-01-01 was a Thursday: hours from the Monday before. */
const EPOCH_OFFSET = 72;

export interface Point {
  /** Fused novelty and residual tail; comparable between series. */
  readonly raw: number;
  /** `raw` where it beats the last 100 events, else 0. Alarm at ALERT_LEVEL. */
  readonly alert: number;
  /** Dense risk: how improbable the point is, also when the like was seen before. */
  readonly surprise: number;
  /** −log10 of the tail probability of the larger residual. */
  readonly tail: number;
  /** Mean of the hour of day, before the point. */
  readonly usual: number;
}

export interface SeriesState {
  readonly lite: boolean;
  readonly novelty: readonly NoveltyState[];
  readonly means: readonly MeansState[];
  readonly smooth: readonly number[];
  readonly recent: RecentState;
  readonly tails: readonly SpotState[];
  readonly autoregression: AutoregressionState | null;
  readonly peaks: readonly (readonly [number, number])[];
  readonly events: number;
}

/** Rates of the four running means. */
const RATES = [0.03, 0.002, 0.01, 0.001];

/**
 * Anomaly detector for one series of regular buckets: novelty of the value in ten projections (four in the lite form),
 * fused by a 4-norm, plus the tail probability of what season and autoregression do not explain. Looks at the past only,
 * keeps at most 25 KB (6 KB lite), and one alarm level holds for every series. O(log K) to O(K) per point.
 */
export class Series {
  readonly #lite: boolean;
  readonly #projections: readonly Projection[];
  readonly #novelty: readonly Novelty[];
  readonly #dayType: BinnedMeans;
  readonly #hourOfWeek: BinnedMeans;
  readonly #hour: BinnedMeans;
  readonly #hourOfMean: BinnedMeans;
  readonly #smooth = new Float64Array(4);
  readonly #recent: Recent;
  readonly #seasonTail: Spot;
  readonly #errorTail: Spot;
  readonly #autoregression: Autoregression | undefined;
  readonly #peaks: Peaks;
  #events = 0;
  readonly #scores: Float64Array;

  constructor(lite = false, state?: SeriesState) {
    this.#lite = lite;
    this.#projections = lite ? PROJECTIONS.slice(0, LITE_PROJECTIONS) : PROJECTIONS;
    this.#scores = new Float64Array(this.#projections.length);
    this.#novelty = this.#projections.map((_, i) => new Novelty(lite ? 64 : 128, state?.novelty[i]));
    const [dayType, hour, week, hourOfMean] = state?.means ?? [];
    this.#dayType = new BinnedMeans(48, 0.03, dayType);
    this.#hour = new BinnedMeans(24, 0.02, hour);
    this.#hourOfWeek = new BinnedMeans(lite ? 0 : WEEK_HOURS, 0.1, week);
    this.#hourOfMean = new BinnedMeans(lite ? 0 : 24, 0.02, hourOfMean);
    this.#recent = new Recent(state?.recent);
    this.#seasonTail = new Spot(state?.tails[0]);
    this.#errorTail = new Spot(state?.tails[1]);
    this.#autoregression = lite ? undefined : new Autoregression(state?.autoregression ?? undefined);
    this.#peaks = new Peaks(state?.peaks);
    if (!state) return;
    this.#smooth.set(state.smooth);
    this.#events = state.events;
  }

  /** Scores a finite value of the bucket at `time` (ms), then learns it. */
  push(value: number, time: number): Point {
    const hourOfWeek = (((Math.floor(time / HOUR) + EPOCH_OFFSET) % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
    const hour = hourOfWeek % 24;
    this.#events += 1;
    this.#recent.push(value);
    this.#smoothen(value);
    const novelty = this.#novel(value, hourOfWeek);
    const residual = this.#hour.residual(hour, value);
    const season = this.#seasonTail.push(Math.abs(residual));
    const error = this.#autoregression ? this.#errorTail.push(this.#autoregression.push(value)) : 0;
    const tail = Math.max(season, error);
    const raw = novelty + 0.25 * Math.min(8, tail);
    return {
      raw,
      alert: this.#peaks.push(this.#events, raw) ? raw : 0,
      surprise: season + error + 0.25 * novelty,
      tail,
      usual: value - residual,
    };
  }

  /** The projections of the last point by falling novelty: why it stood out. */
  why(): readonly { readonly projection: Projection; readonly score: number }[] {
    return this.#projections
      .map((projection, i) => ({ projection, score: this.#scores[i] as number }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
  }

  /** Bytes of numeric state. */
  get bytes(): number {
    const parts = [...this.#novelty, this.#dayType, this.#hour, this.#hourOfWeek, this.#hourOfMean, this.#recent];
    const tails = this.#seasonTail.bytes + (this.#autoregression ? this.#errorTail.bytes : 0);
    const own = [...parts, this.#peaks].reduce((sum, { bytes }) => sum + bytes, 0);
    return own + tails + (this.#autoregression?.bytes ?? 0);
  }

  snapshot(): SeriesState {
    return {
      lite: this.#lite,
      novelty: this.#novelty.map((part) => part.snapshot()),
      means: [this.#dayType, this.#hour, this.#hourOfWeek, this.#hourOfMean].map((part) => part.snapshot()),
      smooth: [...this.#smooth],
      recent: this.#recent.snapshot(),
      tails: [this.#seasonTail, this.#errorTail].map((part) => part.snapshot()),
      autoregression: this.#autoregression?.snapshot() ?? null,
      peaks: this.#peaks.snapshot(),
      events: this.#events,
    };
  }

  #smoothen(value: number): void {
    for (let i = 0; i < 4; i++) {
      const mean = this.#smooth[i] as number;
      this.#smooth[i] = mean + Math.max(RATES[i] as number, 1 / this.#events) * (value - mean);
    }
  }

  /** 4-norm of the novelties in all projections. */
  #novel(value: number, hourOfWeek: number): number {
    const scores = this.#scores;
    const hour = hourOfWeek % 24;
    const judge = (i: number, projected: number): number => (this.#novelty[i] as Novelty).push(projected);
    scores[0] = judge(0, Math.sign(value) * Math.sqrt(Math.abs(value)));
    scores[1] = judge(1, this.#dayType.residual(hourOfWeek >= 120 ? hour + 24 : hour, value));
    scores[2] = judge(2, this.#recent.deviation(5));
    scores[3] = judge(3, this.#recent.min(10));
    if (!this.#lite) {
      const { min, max, mean } = this.#recent.overview();
      const smooth = this.#smooth;
      scores[4] = judge(4, this.#hourOfWeek.residual(hourOfWeek, value));
      scores[5] = judge(5, (smooth[0] as number) - (smooth[1] as number));
      scores[6] = judge(6, (smooth[2] as number) - (smooth[3] as number));
      scores[7] = judge(7, min);
      scores[8] = judge(8, max - min);
      scores[9] = judge(9, this.#hourOfMean.residual(hour, mean));
    }
    let sum = 0;
    for (let i = 0; i < scores.length; i++) sum += (scores[i] as number) ** 4;
    return Math.sqrt(Math.sqrt(sum));
  }
}
