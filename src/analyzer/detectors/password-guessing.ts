import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, SUCCESS_BIT, WRONG_CREDENTIAL_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  windowMinutes: 5,
  /** Wrong passwords within the window, whatever follows. */
  maxFailures: 30,
  /** Wrong passwords within `slowMinutes` followed by a success from an address that the user never signed in from. */
  minFailuresBeforeSuccess: 10,
  slowMinutes: 60,
  maxUsers: 100_000,
};

/** An account in a snapshot. */
interface Account {
  /** Times of the wrong passwords within the longer window. */
  readonly failures: readonly number[];
  /** Addresses that the account signed in from, latest last. */
  readonly known: readonly string[];
}

interface State {
  readonly accounts: BoundedMapState<Account>;
  readonly episodes: EpisodesState;
}

const MINUTE = 60_000;
const [MAX_FAILURES, MAX_KNOWN] = [256, 12];

class PasswordGuessing implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #accounts: IdSlots;
  readonly #failures: Lists;
  /** Ids of addresses. */
  readonly #known: Lists;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#accounts = new IdSlots(names, settings.maxUsers, 2 * LIST);
    this.#failures = this.#accounts.lists(0);
    this.#known = this.#accounts.lists(LIST);
    names.hold(this);
    this.#episodes = new Episodes(settings.slowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#accounts.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [code, ip] = [idsOf(batch, "ResultCode"), idsOf(batch, "IP")];
    const { time: times, subjectId } = batch;
    const [accounts, episodes, codes] = [this.#accounts, this.#episodes, this.#bits];
    return (rows) => {
      accounts.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        episodes.expire(time);
        const bits = codes.of(code[row] as number);
        if (id === 0 || (bits & (SUCCESS_BIT | WRONG_CREDENTIAL_BIT)) === 0) continue;
        const found = accounts.find(id);
        const slot = found >= 0 ? found : accounts.add(id);
        if ((bits & WRONG_CREDENTIAL_BIT) !== 0) this.#fail(slot, subjectOf(batch, row), time, ip[row] as number);
        else this.#succeed(slot, id, time, ip[row] as number);
      }
    };
  }

  /** Addresses that accounts are remembered by. */
  mark(live: Uint8Array): void {
    this.#known.mark(live);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const accounts = this.#accounts.snapshot((slot): Account => {
      const known = this.#known.of(slot).map((address) => this.#names.text(address));
      return { failures: this.#failures.of(slot), known };
    });
    return { accounts, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { accounts, episodes } = state as State;
    this.#accounts.restore(accounts, (slot, { failures, known }) => {
      this.#failures.set(slot, failures);
      this.#known.set(
        slot,
        known.map((address) => this.#names.id(address)),
      );
    });
    this.#episodes.restore(episodes);
  }

  /** Times of the wrong passwords within the longer window, once the others are forgotten. */
  #recent(slot: number, time: number): readonly number[] {
    const since = time - this.#settings.slowMinutes * MINUTE;
    const failures = this.#failures.of(slot);
    const recent = failures.filter((failure) => failure >= since).slice(-MAX_FAILURES);
    if (recent.length < failures.length) this.#failures.set(slot, recent);
    return recent;
  }

  #fail(slot: number, name: string, time: number, address: number): void {
    this.#failures.push(slot, time);
    const { windowMinutes, maxFailures } = this.#settings;
    const count = this.#recent(slot, time).filter((failure) => failure >= time - windowMinutes * MINUTE).length;
    if (count < maxFailures) return;
    const reason =
      `${plural(count, "wrong password")} within ${windowMinutes} min (limit ${maxFailures}), ` +
      `the last from ${this.#names.text(address) || "an unknown address"}.`;
    this.#episodes.report(name, { subject: name, time, score: count / maxFailures, reason });
  }

  #succeed(slot: number, id: number, time: number, address: number): void {
    const isKnown = this.#known.indexOf(slot, address) >= 0;
    if (this.#failures.length(slot) > 0) {
      if (!isKnown && this.#known.length(slot) > 0) this.#judge(slot, this.#names.text(id), time, address);
      this.#failures.clear(slot);
    }
    if (isKnown || address === 0) return;
    if (this.#known.length(slot) >= MAX_KNOWN) this.#known.remove(slot, 0, 1);
    this.#known.push(slot, address);
  }

  /** A sign-in succeeds from an address that is new to an account. */
  #judge(slot: number, name: string, time: number, address: number): void {
    const failures = this.#recent(slot, time);
    const { minFailuresBeforeSuccess, slowMinutes } = this.#settings;
    if (failures.length < minFailuresBeforeSuccess) return;
    const last = failures.at(-1) ?? time;
    const reason =
      `${plural(failures.length, "wrong password")} within ${slowMinutes} min, then a sign-in succeeded ${duration(time - last)} ` +
      `after the last one (limit ${minFailuresBeforeSuccess}), from ${this.#names.text(address)}, which the account had never used.`;
    const score = 1 + failures.length / minFailuresBeforeSuccess;
    this.#episodes.report(name, { subject: name, time, score, reason });
  }
}

/**
 * Many passwords against one account: 30 wrong ones within 5 minutes (Elastic's Entra rule, 2026), or 10 within an hour and
 * then a success from an address that the account never used. Refusals for another reason do not count.
 */
export default detector({
  name: "password-guessing",
  pillars: ["identities"],
  needs: ["ResultCode"],
  defaults,
  relaxed: { maxFailures: 4, minFailuresBeforeSuccess: 3 },
  create: (settings, emit, names) => new PasswordGuessing(settings, emit, names),
});
