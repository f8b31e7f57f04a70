import type { ColumnBatch } from "../backends/types.ts";
import type { Value } from "../core/kusto.ts";
import type { Pillar } from "../core/maturity.ts";
import { FACET_STATES, type Facet, type FacetState } from "../core/signal.ts";
import { FACET_COLUMNS } from "./batch.ts";
import { timeAt } from "./merge.ts";

/** What a call takes from the sign-in whose token it carries; its place and its channel are its own. */
const INHERITED = ["identity", "device", "policy", "session"] as const satisfies readonly Facet[];
const BITS = 2;
const MASK = (1 << BITS) - 1;
const UNKNOWN: FacetState = "unknown";

/** Sign-ins that are remembered; about 50 MB of ids. */
const DEFAULT_CAPACITY = 250_000;

/** Facets of a sign-in in two bits each, above them its time in whole seconds since the epoch. */
type Packed = number;
const FACET_SPACE = 1 << (INHERITED.length * BITS);

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

export interface LineageState {
  /** Oldest first. */
  readonly tokens: readonly (readonly [id: string, packed: Packed])[];
  readonly sessions: readonly (readonly [id: string, packed: Packed])[];
}

/** `calls` carried an id; `inherited` of them found its sign-in; `forgotten` sign-ins were too many to remember. */
export interface LineageCounts {
  readonly calls: number;
  readonly inherited: number;
  readonly forgotten: number;
}

/**
 * Sign-ins by the token and the session that they opened, so that a call inherits what is known of its sign-in: facets
 * that the call's own row leaves unknown, never one that it knows. Only a sign-in at or before the call counts; of a
 * session the one that opened it, or the first that proved the user. Bounded memory: the oldest sign-ins are forgotten, and their calls stay unknown.
 */
export class Lineage {
  readonly #capacity: number;
  readonly #tokens: Map<string, Packed>;
  readonly #sessions: Map<string, Packed>;
  #calls = 0;
  #inherited = 0;
  #forgotten = 0;

  constructor(state: LineageState = { tokens: [], sessions: [] }, capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
    this.#tokens = new Map(state.tokens);
    this.#sessions = new Map(state.sessions);
  }

  /**
   * The batches of a pillar with what their rows inherit. Those of the identities are the sign-ins: they are remembered,
   * and a sign-in without a proof of its own inherits from the one that opened its session.
   */
  trace(pillar: Pillar, batches: readonly ColumnBatch[]): readonly ColumnBatch[] {
    return batches.map((batch) => this.#trace(batch, pillar === "identities"));
  }

  #trace(batch: ColumnBatch, areSignIns: boolean): ColumnBatch {
    const tokens = textsOf(batch, "TokenId");
    const sessions = textsOf(batch, "SessionId");
    if (!tokens && !sessions) return batch;
    const facets = INHERITED.map((facet) => new Cells(batch.columns.get(FACET_COLUMNS[facet]) ?? []));
    for (let row = 0; row < batch.rowCount; row++) {
      const [token = "", session = ""] = [tokens?.[row], sessions?.[row]];
      if (token === "" && session === "") continue;
      const time = secondsOf(timeAt(batch, row));
      const signIn = this.#signInOf(token, session, time);
      if (signIn !== undefined) for (const [i, cells] of facets.entries()) cells.fill(row, stateIn(signIn, i));
      if (!areSignIns) this.#count(signIn);
      else if (!Number.isNaN(time)) this.#learn(token, session, pack(time, facets, row));
    }
    const changed = INHERITED.flatMap((facet, i) => {
      const cells = facets[i]?.changed;
      return cells ? [[FACET_COLUMNS[facet], cells] as const] : [];
    });
    return changed.length === 0 ? batch : { ...batch, columns: new Map([...batch.columns, ...changed]) };
  }

  #count(signIn: Packed | undefined): void {
    this.#calls += 1;
    if (signIn !== undefined) this.#inherited += 1;
  }

  #signInOf(token: string, session: string, time: number): Packed | undefined {
    const packed =
      (token === "" ? undefined : this.#tokens.get(token)) ??
      (session === "" ? undefined : this.#sessions.get(session));
    return packed !== undefined && Math.floor(packed / FACET_SPACE) <= time ? packed : undefined;
  }

  #learn(token: string, session: string, packed: Packed): void {
    this.#remember(this.#tokens, token, packed);
    this.#remember(this.#sessions, session, packed);
  }

  /** The first sign-in stays, unless it could not tell how the user was proved and a later one of the session can. */
  #remember(known: Map<string, Packed>, id: string, packed: Packed): void {
    if (id === "") return;
    const before = known.get(id);
    if (before !== undefined && (stateIn(before, 0) !== UNKNOWN || stateIn(packed, 0) === UNKNOWN)) return;
    known.set(id, packed);
    if (known.size <= this.#capacity) return;
    const [oldest = ""] = known.keys();
    known.delete(oldest);
    this.#forgotten += 1;
  }

  counts(): LineageCounts {
    return { calls: this.#calls, inherited: this.#inherited, forgotten: this.#forgotten };
  }

  /** The newest sign-ins, at most so many tokens and sessions. */
  snapshot(most = this.#capacity): LineageState {
    return { tokens: [...this.#tokens].slice(-most), sessions: [...this.#sessions].slice(-most) };
  }
}

/** Facets of a batch that are copied when one of them is filled in. */
class Cells {
  readonly #own: readonly Value[];
  changed: Value[] | undefined;

  constructor(own: readonly Value[]) {
    this.#own = own;
  }

  at(row: number): Value | undefined {
    return (this.changed ?? this.#own)[row];
  }

  fill(row: number, state: FacetState): void {
    if (state === UNKNOWN || this.at(row) !== UNKNOWN) return;
    this.changed ??= [...this.#own];
    this.changed[row] = state;
  }
}

/** A context column of a batch; it is text by contract, and a null of it is none. */
const textsOf = (batch: ColumnBatch, name: "TokenId" | "SessionId"): readonly string[] | undefined =>
  batch.columns.get(name)?.map((value) => (typeof value === "string" ? value : ""));

const stateIn = (packed: Packed, i: number): FacetState =>
  FACET_STATES[Math.floor(packed / 2 ** (i * BITS)) & MASK] ?? UNKNOWN;

function pack(seconds: number, facets: readonly Cells[], row: number): Packed {
  const codes = facets.map((cells, i) => {
    const code = FACET_STATES.indexOf(cells.at(row) as FacetState);
    return (code < 0 ? FACET_STATES.indexOf(UNKNOWN) : code) << (i * BITS);
  });
  return seconds * FACET_SPACE + codes.reduce((sum, code) => sum + code, 0);
}
