import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { numberOf, textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  /** Probability that a first contact succeeds, of a benign source and of a scanner. */
  benignSuccess: 0.8,
  scannerSuccess: 0.2,
  /** Detection and false-alarm probability that the test is built for. */
  detection: 0.99,
  falseAlarm: 0.01,
  /** First contacts that failed, whatever the likelihood: a broken client is no scanner. */
  minFailures: 15,
  forgetHours: 24,
  maxSources: 20_000,
  /** Targets remembered per source; then they are forgotten and may count again. */
  maxTargets: 256,
};

interface Source {
  /** Natural logarithm of the likelihood ratio. */
  ratio: number;
  failures: number;
  contacts: number;
  since: number;
  /** Targets that were contacted, prefixed, so that no value of a log is a property of Object. */
  targets: Record<string, 1>;
  count: number;
}

interface State {
  readonly sources: BoundedMapState<Source>;
  readonly episodes: EpisodesState;
}

const HOUR = 3_600_000;

class NetworkScan implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #sources: BoundedMap<Source>;
  readonly #episodes: Episodes;
  readonly #upper: number;
  readonly #lower: number;
  readonly #stepFailure: number;
  readonly #stepSuccess: number;

  constructor(settings: typeof defaults, emit: Emit) {
    const { benignSuccess, scannerSuccess, detection, falseAlarm } = settings;
    this.#settings = settings;
    this.#sources = new BoundedMap(settings.maxSources);
    this.#episodes = new Episodes(HOUR, emit);
    this.#upper = Math.log(detection / falseAlarm);
    this.#lower = Math.log((1 - detection) / (1 - falseAlarm));
    this.#stepFailure = Math.log((1 - scannerSuccess) / (1 - benignSuccess));
    this.#stepSuccess = Math.log(scannerSuccess / benignSuccess);
  }

  get evictions(): number {
    return this.#sources.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [code, ip, port] = [textOf(batch, "ResultCode"), textOf(batch, "IP"), numberOf(batch, "Port")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      const outcome = outcomeOf(code(row));
      const [name, resource] = [(batch.subject[row] as string) || ip(row), batch.resource[row] as string];
      if (name === "" || resource === "" || outcome === "unknown") return;
      this.#contact(name, `${resource}:${port(row)}`, outcome === "failure", time);
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { sources: this.#sources.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { sources, episodes } = state as State;
    this.#sources.restore(sources);
    this.#episodes.restore(episodes);
  }

  #contact(name: string, target: string, failed: boolean, time: number): void {
    const { forgetHours, maxTargets, minFailures } = this.#settings;
    let source = this.#sources.get(name);
    if (!source || time - source.since > forgetHours * HOUR) {
      source = { ratio: 0, failures: 0, contacts: 0, since: time, targets: {}, count: 0 };
      this.#sources.set(name, source);
    }
    // Only the first contact with a target tells a scanner from a client.
    const key = `=${target}`;
    if (Object.hasOwn(source.targets, key)) return;
    if (source.count >= maxTargets) [source.targets, source.count] = [{}, 0];
    source.targets[key] = 1;
    source.count += 1;
    source.contacts += 1;
    source.failures += failed ? 1 : 0;
    source.ratio = Math.max(this.#lower, source.ratio + (failed ? this.#stepFailure : this.#stepSuccess));
    if (source.ratio < this.#upper || source.failures < minFailures || !failed) return;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: source.failures / minFailures,
      reason:
        `${source.failures} of ${source.contacts} first contacts with a target failed within ${forgetHours} h (limit ${minFailures}): ` +
        `a scanner is e^${figure(source.ratio)} times as likely as a client (limit e^${figure(this.#upper)}).`,
    });
  }
}

/**
 * A source whose first contacts mostly fail: a port or host scan. Threshold random walk, a sequential likelihood-ratio
 * test; the walk is held at its benign bound, so that a client turned scanner is found as fast as a new one.
 * Source: Jung, Paxson, Berger and Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004.
 */
export default detector({
  name: "network-scan",
  pillars: ["network"],
  needs: ["ResultCode"],
  defaults,
  relaxed: { minFailures: 4 },
  create: (settings, emit) => new NetworkScan(settings, emit),
});
