import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { IdHolder, NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration } from "../wording.ts";

const defaults = {
  /** A session is compared with where it was last seen within this time. */
  sessionHours: 24,
  /** Properties besides the network that must differ too: phones change networks, not clients. */
  minOtherChanges: 1,
  maxSessions: 200_000,
};

/** Who presented a session or token last, and from where. */
interface Holder {
  readonly time: number;
  readonly ip: string;
  readonly asn: string;
  readonly country: string;
  readonly agent: string;
  readonly device: string;
}

interface State {
  readonly sessions: BoundedMapState<Holder>;
  readonly tokens: BoundedMapState<Holder>;
  readonly episodes: EpisodesState;
}

const HOUR = 3_600_000;
const differ = (a: string, b: string): boolean => a !== "" && b !== "" && a !== b;

/** What changed beside the network. A device that was known and is not any more has changed. */
function otherChanges(from: Holder, to: Holder): string[] {
  return [
    differ(from.country, to.country) ? `country ${from.country} → ${to.country}` : "",
    differ(from.agent, to.agent) ? "client" : "",
    from.device !== "" && from.device !== to.device ? "device" : "",
  ].filter((change) => change !== "");
}

/** Columns of a holder: its address first. A slot has their ids, and then the time. */
const PARTS = ["IP", "ASN", "Country", "UserAgent", "DeviceId"] as const;
const [IP, ASN, COUNTRY, AGENT, DEVICE, TIME, WIDTH] = [0, 1, 2, 3, 4, 5, 6];

/** The last holder of each session or token, in numbers: most uses change nothing but the time. */
class Holders implements IdHolder {
  readonly slots: IdSlots;
  readonly #names: Names;

  constructor(names: Names, capacity: number) {
    this.#names = names;
    this.slots = new IdSlots(names, capacity, WIDTH);
    names.hold(this);
  }

  put(slot: number, time: number, columns: readonly Int32Array[], row: number): void {
    const { numbers } = this.slots;
    for (let part = 0; part < PARTS.length; part++)
      numbers[WIDTH * slot + part] = (columns[part] as Int32Array)[row] as number;
    numbers[WIDTH * slot + TIME] = time;
  }

  addressOf(slot: number): number {
    return this.slots.numbers[WIDTH * slot + IP] as number;
  }

  holder(slot: number): Holder {
    const { numbers } = this.slots;
    const part = (index: number): string => this.#names.text(numbers[WIDTH * slot + index] as number);
    const [ip, asn, country, agent, device] = [part(IP), part(ASN), part(COUNTRY), part(AGENT), part(DEVICE)];
    return { time: numbers[WIDTH * slot + TIME] as number, ip, asn, country, agent, device };
  }

  mark(live: Uint8Array): void {
    for (let part = 0; part < PARTS.length; part++) this.slots.markNumbers(live, part);
  }

  snapshot(): BoundedMapState<Holder> {
    return this.slots.snapshot((slot) => this.holder(slot));
  }

  restore(state: BoundedMapState<Holder>): void {
    this.slots.restore(state, (slot, { time, ip, asn, country, agent, device }) => {
      const ids = [ip, asn, country, agent, device].map((text) => this.#names.id(text));
      this.slots.numbers.set([...ids, time], WIDTH * slot);
    });
  }
}

class TokenReplay implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #sessions: Holders;
  readonly #tokens: Holders;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#sessions = new Holders(names, settings.maxSessions);
    this.#tokens = new Holders(names, settings.maxSessions);
    this.#episodes = new Episodes(settings.sessionHours * HOUR, emit);
  }

  get evictions(): number {
    return this.#sessions.slots.evictions + this.#tokens.slots.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const columns = PARTS.map((part) => idsOf(batch, part));
    const [ip, code] = [columns[IP] as Int32Array, idsOf(batch, "ResultCode")];
    const [session, token] = [idsOf(batch, "SessionId"), idsOf(batch, "TokenId")];
    const [episodes, codes, { time: times }] = [this.#episodes, this.#bits, batch];
    return (rows) => {
      this.#sessions.slots.warm(session, rows);
      this.#tokens.slots.warm(token, rows);
      while (rows.next()) {
        const { row } = rows;
        episodes.expire(times[row] as number);
        if (ip[row] === 0 || (codes.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        if (session[row] !== 0) this.#present("Session", this.#sessions, session[row] as number, batch, columns, row);
        if (token[row] !== 0) this.#present("Token", this.#tokens, token[row] as number, batch, columns, row);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const [sessions, tokens] = [this.#sessions.snapshot(), this.#tokens.snapshot()];
    return { sessions, tokens, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { sessions, tokens, episodes } = state as State;
    this.#sessions.restore(sessions);
    this.#tokens.restore(tokens);
    this.#episodes.restore(episodes);
  }

  #present(
    kind: string,
    holders: Holders,
    id: number,
    batch: SignalBatch,
    columns: readonly Int32Array[],
    row: number,
  ): void {
    const time = batch.time[row] as number;
    const slot = holders.slots.find(id);
    if (slot < 0) {
      holders.put(holders.slots.add(id), time, columns, row);
      return;
    }
    const isElsewhere = holders.addressOf(slot) !== columns[IP]?.[row];
    const last = isElsewhere ? holders.holder(slot) : undefined;
    holders.put(slot, time, columns, row);
    if (last && time - last.time <= this.#settings.sessionHours * HOUR)
      this.#compare(kind, this.#names.text(id), subjectOf(batch, row), last, holders.holder(slot));
  }

  #compare(kind: string, id: string, subject: string, last: Holder, holder: Holder): void {
    // Without network numbers the country has to stand in for them.
    const moved = last.asn === "" || holder.asn === "" ? differ(last.country, holder.country) : last.asn !== holder.asn;
    const changes = otherChanges(last, holder);
    if (!moved || subject === "" || changes.length < this.#settings.minOtherChanges) return;
    const place = ({ ip, asn }: Holder): string => (asn === "" ? ip : `${ip} (AS${asn})`);
    this.#episodes.report(`${subject}\u0000${id}`, {
      subject,
      time: holder.time,
      score: 1 + changes.length + (holder.time - last.time < HOUR ? 1 : 0),
      reason:
        `${kind} ${id} was presented from ${place(last)} and ${duration(holder.time - last.time)} later from ` +
        `${place(holder)}; beside the network ${changes.length} of 3 properties changed: ${changes.join(", ")}.`,
    });
  }
}

/**
 * One session or token presented from two networks, with another client, device or country: a copy, not a phone that
 * changed its network. Compares consecutive uses within 24 hours (after Elastic's and Cloud-Architekt's rules).
 */
export default detector({
  name: "token-replay",
  pillars: ["identities", "applications"],
  needs: ["SessionId", "IP"],
  defaults,
  create: (settings, emit, names) => new TokenReplay(settings, emit, names),
});
