import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration } from "../wording.ts";

const defaults = {
  /** A session is compared with where it was last seen within this time. */
  sessionHours: 24,
  /** Properties besides the network that must differ too: phones change networks, not clients. */
  minOtherChanges: 1,
  maxSessions: 200_000,
};

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

class TokenReplay implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #sessions: BoundedMap<Holder>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#sessions = new BoundedMap(settings.maxSessions);
    this.#episodes = new Episodes(settings.sessionHours * HOUR, emit);
  }

  get evictions(): number {
    return this.#sessions.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [ip, asn, country] = [textOf(batch, "IP"), textOf(batch, "ASN"), textOf(batch, "Country")];
    const [agent, device, code] = [textOf(batch, "UserAgent"), textOf(batch, "DeviceId"), textOf(batch, "ResultCode")];
    const [session, token] = [textOf(batch, "SessionId"), textOf(batch, "TokenId")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      if (ip(row) === "" || outcomeOf(code(row)) === "failure") return;
      const holder: Holder = {
        time,
        ip: ip(row),
        asn: asn(row),
        country: country(row),
        agent: agent(row),
        device: device(row),
      };
      const subject = batch.subject[row] as string;
      if (session(row) !== "") this.#present("Session", session(row), subject, holder);
      if (token(row) !== "") this.#present("Token", token(row), subject, holder);
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { sessions: this.#sessions.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { sessions, episodes } = state as State;
    this.#sessions.restore(sessions);
    this.#episodes.restore(episodes);
  }

  #present(kind: string, id: string, subject: string, holder: Holder): void {
    const key = `${kind}\u0000${id}`;
    const last = this.#sessions.get(key);
    this.#sessions.set(key, holder);
    if (!last || last.ip === holder.ip || holder.time - last.time > this.#settings.sessionHours * HOUR) return;
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
  create: (settings, emit) => new TokenReplay(settings, emit),
});
