import { resourceOf, type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { DecayedCounter, type DecayedCounterState } from "../../stats/decayed-counter.ts";
import { poissonDecades } from "../../stats/poisson.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { codeBits, SUCCESS_BIT, WRONG_CREDENTIAL_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  windowMinutes: 10,
  minUsers: 10,
  minAddresses: 5,
  minFailures: 30,
  /** −log10 of the probability that the application's usual rate of such failures explains the window. */
  minDecades: 6,
  maxApplications: 2000,
  maxAddresses: 200_000,
};

/** A wrong credential from an address that nobody ever signed in from: [time, address, user]. */
type Attempt = readonly [number, string, string];

interface Application {
  attempts: Attempt[];
  /** Attempts that left the window, fading: the usual rate. */
  usual: DecayedCounterState;
  readonly since: number;
}

interface State {
  readonly applications: BoundedMapState<Application>;
  readonly addresses: BoundedMapState<1>;
  readonly episodes: EpisodesState;
}

const [MINUTE, DAY] = [60_000, 86_400_000];
const HALF_LIFE = 7 * DAY;
const MAX_ATTEMPTS = 2048;

class CredentialStuffing implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #applications: BoundedMap<Application>;
  /** Addresses that somebody signed in from. */
  readonly #addresses: IdSlots;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#applications = new BoundedMap(settings.maxApplications);
    this.#addresses = new IdSlots(names, settings.maxAddresses);
    this.#episodes = new Episodes(6 * settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#applications.evictions + this.#addresses.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [code, ip, app] = [idsOf(batch, "ResultCode"), idsOf(batch, "IP"), idsOf(batch, "App")];
    const { time: times, subjectId, names } = batch;
    const [addresses, episodes, codes] = [this.#addresses, this.#episodes, this.#bits];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, address] = [times[row] as number, ip[row] as number];
        episodes.expire(time);
        const bits = codes.of(code[row] as number);
        if ((bits & (SUCCESS_BIT | WRONG_CREDENTIAL_BIT)) === 0 || subjectId[row] === 0 || address === 0) continue;
        const isKnown = addresses.find(address) >= 0;
        if ((bits & SUCCESS_BIT) !== 0) {
          if (!isKnown) addresses.add(address);
        } else if (!isKnown) {
          const target = names.text(app[row] as number) || resourceOf(batch, row);
          this.#attempt(target, [time, names.text(address), subjectOf(batch, row)]);
        }
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      applications: this.#applications.snapshot(),
      addresses: this.#addresses.snapshot(() => 1 as const),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { applications, addresses, episodes } = state as State;
    this.#applications.restore(applications);
    this.#addresses.restore(addresses, () => {});
    this.#episodes.restore(episodes);
  }

  #attempt(name: string, attempt: Attempt): void {
    if (name === "") return;
    const [time] = attempt;
    const { windowMinutes, minFailures } = this.#settings;
    const application = this.#applications.at(name, () => ({ attempts: [], usual: { value: 0, time }, since: time }));
    application.attempts.push(attempt);
    const since = time - windowMinutes * MINUTE;
    let old = Math.max(0, application.attempts.length - MAX_ATTEMPTS);
    while ((application.attempts[old]?.[0] ?? time) < since) old += 1;
    if (old > 0) {
      application.attempts.splice(0, old);
      const counter = new DecayedCounter(HALF_LIFE, application.usual);
      counter.add(time, old);
      application.usual = counter.snapshot();
    }
    if (application.attempts.length >= minFailures) this.#judge(name, application, time);
  }

  #judge(name: string, { attempts, usual, since }: Application, time: number): void {
    const { windowMinutes, minUsers, minAddresses, minDecades } = this.#settings;
    const [users, addresses] = [2, 1].map((part) => new Set(attempts.map((attempt) => attempt[part])).size);
    // One address against many accounts is a spray, and told by that name.
    if ((users ?? 0) < minUsers || (addresses ?? 0) < minAddresses) return;
    // Days that a decayed count covers: all of the stream while it is young, half-life / ln 2 in the long run.
    const days = (HALF_LIFE / Math.LN2 / DAY) * (1 - 2 ** (-(time - since) / HALF_LIFE));
    const known = new DecayedCounter(HALF_LIFE, usual).at(time);
    const expected = ((known + 1) / Math.max(1, days)) * ((windowMinutes * MINUTE) / DAY);
    const score = poissonDecades(attempts.length, expected);
    if (score < minDecades) return;
    this.#episodes.report(name, {
      subject: name,
      time,
      score,
      reason:
        `${attempts.length} wrong credentials of ${users} accounts from ${addresses} addresses that nobody ever signed in from, ` +
        `within ${windowMinutes} min (limits ${this.#settings.minFailures}, ${minUsers} and ${minAddresses}); ${figure(expected)} are usual.`,
    });
  }
}

/**
 * Stolen pairs of names and passwords tried from many addresses: 30 wrong credentials of 10 accounts from 5 addresses within
 * 10 minutes against one application (Elastic's Entra rule, 2026), counting only addresses that nobody ever signed in
 * from, and far beyond the usual rate of such failures.
 */
export default detector({
  name: "credential-stuffing",
  pillars: ["identities"],
  needs: ["ResultCode", "IP"],
  defaults,
  create: (settings, emit, names) => new CredentialStuffing(settings, emit, names),
});
