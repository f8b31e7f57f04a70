import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { HyperLogLog } from "../../stats/hyperloglog.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { IdMap } from "../id-map.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
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

/** What one source asked below one domain since a time. */
interface Pair {
  readonly since: number;
  readonly names: HyperLogLog;
  queries: number;
  length: number;
  entropy: number;
  told: boolean;
}

/** A pair in a snapshot: the registers of its sketch as text. */
type SavedPair = Omit<Pair, "names"> & { readonly names: string };

interface State {
  readonly pairs: BoundedMapState<SavedPair>;
}

/** A name that was asked for. */
interface Question {
  readonly domain: number;
  readonly before: string;
  readonly entropy: number;
}

const [DNS, OTHER] = [1, 2];
const NO_QUESTION: Question = { domain: 0, before: "", entropy: 0 };

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
  readonly #names: Names;
  readonly #kinds: NameProperty;
  /** Place in #questions of the question that a resource is; names are asked for again and again. */
  readonly #places: NameProperty;
  readonly #questions: Question[] = [NO_QUESTION];
  /** Sources and domains. */
  readonly #tuples: Tuples;
  readonly #pairs: IdMap<Pair>;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#settings = settings;
    this.#emit = emit;
    this.#names = names;
    this.#kinds = names.property((text) => (text.toLowerCase() === "dns" ? DNS : OTHER));
    this.#places = names.property((resource) => this.#questions.push(this.#read(resource)) - 1);
    this.#tuples = new Tuples(names);
    this.#pairs = new IdMap(this.#tuples, settings.maxPairs);
    names.hold(this);
  }

  get evictions(): number {
    return this.#pairs.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [protocol, app, ip] = [idsOf(batch, "Protocol"), idsOf(batch, "App"), idsOf(batch, "IP")];
    const port = valuesOf(batch, "Port");
    const { time, subjectId, resourceId } = batch;
    const [kinds, places, questions] = [this.#kinds, this.#places, this.#questions];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const isDns =
          port[row] === 53 || kinds.of(protocol[row] as number) === DNS || kinds.of(app[row] as number) === DNS;
        if (!isDns) continue;
        const question = questions[places.of(resourceId[row] as number)] as Question;
        const source = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        if (question.domain !== 0 && source !== 0) this.#ask(source, question, time[row] as number);
      }
    };
  }

  finish(): void {}

  /** A sweep forgets the questions that were read: it may give their ids away. */
  mark(): void {
    this.#questions.length = 1;
  }

  snapshot(): State {
    return { pairs: this.#pairs.snapshot(({ names, ...rest }): SavedPair => ({ ...rest, names: names.snapshot() })) };
  }

  restore(state: unknown): void {
    this.#pairs.restore((state as State).pairs, ({ names, ...rest }) => ({
      ...rest,
      names: new HyperLogLog(PRECISION, names),
    }));
  }

  #read(resource: string): Question {
    const parts = splitName(resource);
    if (!parts) return NO_QUESTION;
    const [domain, before] = parts;
    return { domain: this.#names.id(domain), before, entropy: entropy(before) };
  }

  #ask(source: number, { domain, before, entropy: bits }: Question, time: number): void {
    const { windowHours, minNames, minLength, minEntropy } = this.#settings;
    const id = this.#tuples.of(source, domain);
    let pair = this.#pairs.get(id);
    if (!pair || time - pair.since > windowHours * HOUR) {
      pair = { since: time, names: new HyperLogLog(PRECISION), queries: 0, length: 0, entropy: 0, told: false };
      this.#pairs.set(id, pair);
    }
    pair.names.add(before);
    pair.queries += 1;
    pair.length += (before.length - pair.length) / pair.queries;
    pair.entropy += (bits - pair.entropy) / pair.queries;
    if (pair.told || pair.queries < minNames || pair.length < minLength || pair.entropy < minEntropy) return;
    const count = pair.names.estimate();
    if (count < minNames) return;
    pair.told = true;
    this.#emit({
      subject: this.#names.text(source),
      time,
      score: count / minNames,
      reason:
        `About ${Math.round(count)} distinct names below ${this.#names.text(domain)} in ${pair.queries} queries within ${windowHours} h (limit ${minNames}), ` +
        `on average ${figure(pair.length)} characters long with ${figure(pair.entropy)} bits per character ` +
        `(limits ${minLength} and ${minEntropy}).`,
    });
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
  create: (settings, emit, names) => new DnsTunnelling(settings, emit, names),
});
