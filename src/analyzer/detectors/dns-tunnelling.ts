import type { SignalBatch } from "../../signals/batch.ts";
import { HyperLogLog } from "../../stats/hyperloglog.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { numberOf, textOf } from "../columns.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  windowHours: 24,
  /** Distinct names below one domain, asked by one source within the window. */
  minNames: 100,
  /** Mean length and mean entropy (bits per character) of what stands before the domain: encoded data is long and even. */
  minLength: 16,
  minEntropy: 3,
  maxPairs: 5000,
};

const PRECISION = 8;
const HOUR = 3_600_000;

interface Pair {
  readonly source: string;
  readonly domain: string;
  readonly since: number;
  /** Registers of the HyperLogLog as text; rebuilt on use. */
  names: string;
  queries: number;
  length: number;
  entropy: number;
  told: boolean;
}

interface State {
  readonly pairs: BoundedMapState<Pair>;
}

/** Second-level labels under which registrars sell, so that `contoso.co.uk` is one domain. */
const SECOND_LEVEL = new Set("co com net org gov ac edu or ne go".split(" "));

/** Registered domain and what stands before it; undefined for what is no host name with a subdomain. */
export function splitName(text: string): readonly [domain: string, before: string] | undefined {
  const labels = text.toLowerCase().replace(/\.$/, "").split(".");
  if (labels.length < 3 || /^[\d.:]+$/.test(text) || labels.some((label) => label === "")) return undefined;
  const keep = labels.at(-1)?.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? "") ? 3 : 2;
  if (labels.length <= keep) return undefined;
  return [labels.slice(-keep).join("."), labels.slice(0, -keep).join(".")];
}

/** Shannon entropy in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const length = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts.values()].reduce((sum, count) => sum - (count / length) * Math.log2(count / length), 0);
}

class DnsTunnelling implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #pairs: BoundedMap<Pair>;
  /** Live sketches of the pairs in #pairs. */
  #sketches = new Map<string, HyperLogLog>();

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#pairs = new BoundedMap(settings.maxPairs);
  }

  get evictions(): number {
    return this.#pairs.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [protocol, app, port] = [textOf(batch, "Protocol"), textOf(batch, "App"), numberOf(batch, "Port")];
    const ip = textOf(batch, "IP");
    return (row) => {
      const isDns = port(row) === 53 || protocol(row).toLowerCase() === "dns" || app(row).toLowerCase() === "dns";
      const parts = isDns ? splitName(batch.resource[row] as string) : undefined;
      const source = (batch.subject[row] as string) || ip(row);
      if (parts && source !== "") this.#ask(source, parts[0], parts[1], batch.time[row] as number);
    };
  }

  finish(): void {}

  snapshot(): State {
    for (const [key, pair] of this.#pairs.entries()) pair.names = this.#sketch(key, pair).snapshot();
    return { pairs: this.#pairs.snapshot() };
  }

  restore(state: unknown): void {
    this.#pairs.restore((state as State).pairs);
    this.#sketches = new Map();
  }

  #sketch(key: string, pair: Pair): HyperLogLog {
    const found = this.#sketches.get(key);
    if (found) return found;
    const sketch = pair.names === "" ? new HyperLogLog(PRECISION) : new HyperLogLog(PRECISION, pair.names);
    this.#sketches.set(key, sketch);
    return sketch;
  }

  #ask(source: string, domain: string, before: string, time: number): void {
    const { windowHours, minNames, minLength, minEntropy } = this.#settings;
    const key = `${source}\u0000${domain}`;
    let pair = this.#pairs.get(key);
    if (!pair || time - pair.since > windowHours * HOUR) {
      pair = { source, domain, since: time, names: "", queries: 0, length: 0, entropy: 0, told: false };
      this.#pairs.set(key, pair);
      this.#sketches.delete(key);
      this.#forget();
    }
    const sketch = this.#sketch(key, pair);
    sketch.add(before);
    pair.queries += 1;
    pair.length += (before.length - pair.length) / pair.queries;
    pair.entropy += (entropy(before) - pair.entropy) / pair.queries;
    if (pair.told || pair.queries < minNames || pair.length < minLength || pair.entropy < minEntropy) return;
    const names = sketch.estimate();
    if (names < minNames) return;
    pair.told = true;
    this.#emit({
      subject: source,
      time,
      score: names / minNames,
      reason:
        `About ${Math.round(names)} distinct names below ${domain} in ${pair.queries} queries within ${windowHours} h (limit ${minNames}), ` +
        `on average ${figure(pair.length)} characters long with ${figure(pair.entropy)} bits per character ` +
        `(limits ${minLength} and ${minEntropy}).`,
    });
  }

  /** Drops the sketches of pairs that the bounded map has forgotten. */
  #forget(): void {
    if (this.#sketches.size <= 2 * this.#settings.maxPairs) return;
    const known = new Set([...this.#pairs.entries()].map(([key]) => key));
    for (const key of this.#sketches.keys()) if (!known.has(key)) this.#sketches.delete(key);
  }
}

/**
 * Data carried in host names: one source asks for many distinct, long and evenly spelled names below one domain. The
 * count follows RITA's subdomain thresholds (from 100); length and entropy keep content networks out.
 */
export default detector({
  name: "dns-tunnelling",
  pillars: ["network"],
  needs: ["Protocol"],
  defaults,
  create: (settings, emit) => new DnsTunnelling(settings, emit),
});
