import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
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
  /** Times of the refusals of a user within the window. */
  readonly #users: BoundedMap<number[]>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#users = new BoundedMap(settings.maxUsers);
    this.#episodes = new Episodes(settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#users.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const code = textOf(batch, "ResultCode");
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      const [user, result] = [batch.subject[row] as string, code(row)];
      if (user === "") return;
      if (result === DENIED) this.#deny(user, time);
      else if (outcomeOf(result) === "success") this.#succeed(user, time);
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

  #deny(user: string, time: number): void {
    const denials = this.#users.at(user, () => []);
    const { windowMinutes, duplicateSeconds, maxDenials } = this.#settings;
    if (time - (denials.at(-1) ?? -Infinity) < duplicateSeconds * SECOND) return;
    denials.push(time);
    while (denials.length > MAX_DENIALS || (denials[0] as number) < time - windowMinutes * MINUTE) denials.shift();
    if (denials.length <= maxDenials) return;
    const reason = `${plural(denials.length, "MFA prompt")} refused within ${windowMinutes} min (limit ${maxDenials}).`;
    this.#episodes.report(user, { subject: user, time, score: denials.length, reason });
  }

  #succeed(user: string, time: number): void {
    const denials = this.#users.get(user);
    if (!denials) return;
    const { windowMinutes, giveInMinutes, minDenialsBeforeSuccess } = this.#settings;
    const recent = denials.filter((denial) => denial >= time - windowMinutes * MINUTE);
    const last = recent.at(-1);
    this.#users.delete(user);
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
  create: (settings, emit) => new MfaFatigue(settings, emit),
});
