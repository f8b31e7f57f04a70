import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
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

interface Account {
  /** Times of the wrong passwords within the longer window. */
  failures: number[];
  /** Addresses that the account signed in from, latest last. */
  known: string[];
}

interface State {
  readonly accounts: BoundedMapState<Account>;
  readonly episodes: EpisodesState;
}

const MINUTE = 60_000;
const [MAX_FAILURES, MAX_KNOWN] = [256, 12];

const newAccount = (): Account => ({ failures: [], known: [] });

class PasswordGuessing implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #accounts: IdMap<Account>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#accounts = new IdMap(names, settings.maxUsers);
    this.#episodes = new Episodes(settings.slowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#accounts.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [code, ip] = [idsOf(batch, "ResultCode"), idsOf(batch, "IP")];
    const { time: times, subjectId, names } = batch;
    const [accounts, episodes, codes] = [this.#accounts, this.#episodes, this.#bits];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        episodes.expire(time);
        const bits = codes.of(code[row] as number);
        if (id === 0 || (bits & (SUCCESS_BIT | WRONG_CREDENTIAL_BIT)) === 0) continue;
        const account = accounts.at(id, newAccount);
        const address = names.text(ip[row] as number);
        if ((bits & WRONG_CREDENTIAL_BIT) !== 0) this.#fail(account, subjectOf(batch, row), time, address);
        else this.#succeed(account, subjectOf(batch, row), time, address);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { accounts: this.#accounts.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { accounts, episodes } = state as State;
    this.#accounts.restore(accounts);
    this.#episodes.restore(episodes);
  }

  #recent(account: Account, time: number): number[] {
    const since = time - this.#settings.slowMinutes * MINUTE;
    account.failures = account.failures.filter((failure) => failure >= since).slice(-MAX_FAILURES);
    return account.failures;
  }

  #fail(account: Account, name: string, time: number, address: string): void {
    account.failures.push(time);
    const { windowMinutes, maxFailures } = this.#settings;
    const count = this.#recent(account, time).filter((failure) => failure >= time - windowMinutes * MINUTE).length;
    if (count < maxFailures) return;
    const reason =
      `${plural(count, "wrong password")} within ${windowMinutes} min (limit ${maxFailures}), ` +
      `the last from ${address || "an unknown address"}.`;
    this.#episodes.report(name, { subject: name, time, score: count / maxFailures, reason });
  }

  #succeed(account: Account, name: string, time: number, address: string): void {
    const isKnown = account.known.includes(address);
    const failures = account.failures.length === 0 ? 0 : this.#recent(account, time).length;
    const { minFailuresBeforeSuccess, slowMinutes } = this.#settings;
    if (!isKnown && account.known.length > 0 && failures >= minFailuresBeforeSuccess) {
      const last = account.failures.at(-1) ?? time;
      const reason =
        `${plural(failures, "wrong password")} within ${slowMinutes} min, then a sign-in succeeded ${duration(time - last)} ` +
        `after the last one (limit ${minFailuresBeforeSuccess}), from ${address}, which the account had never used.`;
      const score = 1 + failures / minFailuresBeforeSuccess;
      this.#episodes.report(name, { subject: name, time, score, reason });
    }
    if (account.failures.length > 0) account.failures = [];
    if (!isKnown && address !== "") account.known = [...account.known.slice(1 - MAX_KNOWN), address];
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
