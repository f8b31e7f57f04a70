import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { plural } from "../wording.ts";

const defaults = {
  minAccounts: 5,
  windowMinutes: 20,
  maxAddresses: 50_000,
  maxAttempts: 512,
};

/** Wrong password, locked, expired, no password, no such user; Windows: bad user, bad password, locked out. */
const CREDENTIAL_FAILURES = new Set(
  "50126 50053 50055 50056 50034 0xc000006a 0xc000006d 0xc0000064 0xc0000234 0xc0000071".split(" "),
);

/** An attempt in a snapshot: [time, account, succeeded]; in a list, the id of the account's name and 0 or 1. */
type Attempt = readonly [number, string, boolean];

interface State {
  readonly addresses: BoundedMapState<Attempt[]>;
  readonly episodes: EpisodesState;
}

const WIDTH = 3;
const [FAILED, OTHER] = [1, 2];
const MINUTE = 60_000;

class PasswordSpray implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #failures: NameProperty;
  readonly #names: Names;
  readonly #addresses: IdSlots;
  readonly #attempts: Lists;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#failures = names.property((code) => (CREDENTIAL_FAILURES.has(code.toLowerCase()) ? FAILED : OTHER));
    this.#settings = settings;
    this.#names = names;
    this.#addresses = new IdSlots(names, settings.maxAddresses, LIST);
    this.#attempts = this.#addresses.lists(0);
    names.hold(this);
    this.#episodes = new Episodes(settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#addresses.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [ip, code] = [idsOf(batch, "IP"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId } = batch;
    const [addresses, episodes, codes, failures] = [this.#addresses, this.#episodes, this.#bits, this.#failures];
    return (rows) => {
      addresses.warm(ip, rows);
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, ip[row] as number];
        episodes.expire(time);
        if (id === 0 || subjectId[row] === 0) continue;
        const failed = failures.of(code[row] as number) === FAILED;
        if (!failed && (codes.of(code[row] as number) & SUCCESS_BIT) === 0) continue;
        // A success alone starts nothing: only addresses that have failed are remembered.
        const found = addresses.find(id);
        if (found < 0 && !failed) continue;
        const slot = found < 0 ? addresses.add(id) : found;
        this.#attempts.push(slot, time);
        this.#attempts.push(slot, subjectId[row] as number);
        this.#attempts.push(slot, failed ? 0 : 1);
        this.#trim(slot, time - this.#settings.windowMinutes * MINUTE);
        if (failed || episodes.isOpen(this.#names.text(id))) this.#judge(this.#names.text(id), slot, time);
      }
    };
  }

  /** Accounts of the attempts. */
  mark(live: Uint8Array): void {
    this.#attempts.mark(live, 1, WIDTH);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      addresses: this.#addresses.snapshot((slot) => this.#attemptsOf(slot)),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { addresses, episodes } = state as State;
    this.#addresses.restore(addresses, (slot, attempts) => {
      const numbers = attempts.flatMap(([time, account, success]) => [time, this.#names.id(account), success ? 1 : 0]);
      this.#attempts.set(slot, numbers);
    });
    this.#episodes.restore(episodes);
  }

  #trim(slot: number, since: number): void {
    const [start, length, attempts] = [this.#attempts.start(slot), this.#attempts.length(slot), this.#attempts.numbers];
    let drop = Math.max(0, length - WIDTH * this.#settings.maxAttempts);
    while (drop < length && (attempts[start + drop] as number) < since) drop += WIDTH;
    this.#attempts.remove(slot, 0, drop);
  }

  #attemptsOf(slot: number): Attempt[] {
    const numbers = this.#attempts.of(slot);
    return Array.from({ length: numbers.length / WIDTH }, (_, i) => {
      const [time, account, success] = numbers.slice(WIDTH * i) as [number, number, number];
      return [time, this.#names.text(account), success === 1];
    });
  }

  #judge(address: string, slot: number, time: number): void {
    if (this.#attempts.length(slot) < WIDTH * this.#settings.minAccounts) return;
    const attempts = this.#attemptsOf(slot);
    const failed = new Set<string>();
    const succeeded = new Set<string>();
    for (const [, account, success] of attempts) (success ? succeeded : failed).add(account);
    const { minAccounts, windowMinutes } = this.#settings;
    if (failed.size < minAccounts || failed.size <= succeeded.size) return;
    const broken = [...succeeded].filter((account) => failed.has(account));
    const [first] = broken;
    const outcome =
      first === undefined ? "none of them then succeeded" : `${broken.length} then succeeded, first ${first}`;
    this.#episodes.report(address, {
      subject: address,
      time,
      score: failed.size / minAccounts + broken.length,
      reason:
        `${address} failed to sign in to ${plural(failed.size, "account")} within ${windowMinutes} min ` +
        `(limit ${minAccounts}) and succeeded for ${succeeded.size}; ${outcome}.`,
    });
  }
}

/**
 * One address that fails on many accounts: at least 5 in a sliding window of 20 minutes, and more accounts failed than
 * succeeded. Source: Sentinel's SigninPasswordSpray rule; a sliding window, because fixed buckets split bursts.
 */
export default detector({
  name: "password-spray",
  pillars: ["identities"],
  needs: ["IP", "ResultCode"],
  defaults,
  relaxed: { minAccounts: 3 },
  create: (settings, emit, names) => new PasswordSpray(settings, emit, names),
});
