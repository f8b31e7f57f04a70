import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, someName } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  windowMinutes: 60,
  /** More refusals than this within the window are told even when nobody gave in. */
  maxDenials: 3,
  /** Refusals followed within `giveInMinutes` by a success. */
  minDenialsBeforeSuccess: 2,
  giveInMinutes: 10,
  /** Refusals closer together are one, logged twice. */
  duplicateSeconds: 2,
  maxUsers: 100_000,
};

/** "Authentication failed during strong authentication request". Source: Entra error code reference. */
const DENIED = "500121";
const MAX_DENIALS = 128;
const [SECOND, MINUTE] = [1000, 60_000];

interface State {
  readonly users: BoundedMapState<number[]>;
  readonly episodes: EpisodesState;
}

class MfaFatigue implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  /** Times of the refusals of a user within the window. */
  readonly #users: IdMap<number[]>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#users = new IdMap(names, settings.maxUsers);
    this.#episodes = new Episodes(settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#users.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const code = idsOf(batch, "ResultCode");
    const { time: times, subjectId, names } = batch;
    const [users, episodes, codes] = [this.#users, this.#episodes, this.#bits];
    const denied = names.id(DENIED);
    const denies = someName(code, (one) => one === denied);
    return (rows) => {
      if (!denies && users.size === 0) {
        episodes.expireBy(times, rows);
        return;
      }
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        episodes.expire(time);
        if (id === 0) continue;
        if (code[row] === denied) this.#deny(id, subjectOf(batch, row), time);
        else if ((codes.of(code[row] as number) & SUCCESS_BIT) !== 0) {
          const denials = users.get(id);
          if (denials) this.#succeed(id, subjectOf(batch, row), denials, time);
        }
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { users: this.#users.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { users, episodes } = state as State;
    this.#users.restore(users);
    this.#episodes.restore(episodes);
  }

  #deny(id: number, user: string, time: number): void {
    const denials = this.#users.at(id, () => []);
    const { windowMinutes, duplicateSeconds, maxDenials } = this.#settings;
    if (time - (denials.at(-1) ?? -Infinity) < duplicateSeconds * SECOND) return;
    denials.push(time);
    while (denials.length > MAX_DENIALS || (denials[0] as number) < time - windowMinutes * MINUTE) denials.shift();
    if (denials.length <= maxDenials) return;
    const reason = `${plural(denials.length, "MFA prompt")} refused within ${windowMinutes} min (limit ${maxDenials}).`;
    this.#episodes.report(user, { subject: user, time, score: denials.length, reason });
  }

  #succeed(id: number, user: string, denials: readonly number[], time: number): void {
    const { windowMinutes, giveInMinutes, minDenialsBeforeSuccess } = this.#settings;
    const recent = denials.filter((denial) => denial >= time - windowMinutes * MINUTE);
    const last = recent.at(-1);
    this.#users.delete(id);
    if (last === undefined || time - last > giveInMinutes * MINUTE || recent.length < minDenialsBeforeSuccess) return;
    this.#episodes.report(user, {
      subject: user,
      time,
      score: 2 * recent.length + 5,
      reason:
        `${plural(recent.length, "MFA prompt")} refused within ${windowMinutes} min, then a sign-in succeeded ` +
        `${duration(time - last)} after the last one (limit ${minDenialsBeforeSuccess} before a success).`,
    });
  }
}

/**
 * A user who is asked for a second factor again and again and refuses, or at last gives in: more than 3 refusals in an
 * hour, or 2 and then a success within 10 minutes (Sentinel and Elastic rules). Refusals logged twice count once.
 */
export default detector({
  name: "mfa-fatigue",
  pillars: ["identities"],
  needs: ["ResultCode"],
  defaults,
  relaxed: { maxDenials: 0, minDenialsBeforeSuccess: 1 },
  create: (settings, emit, names) => new MfaFatigue(settings, emit, names),
});
