import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { jsonLine } from "../core/text/json.ts";
import type { ChangeEvent } from "./events.ts";

/** Seconds. What was taken is remembered for longer than any window looks back, so that it is told once. */
const REMEMBERED = 400 * 86_400;

type Taken = Pick<ChangeEvent, "jti" | "iat">;

/** A file that was cut while it was written ends in a line that is none: what it told is told again. */
function takenIn(file: string): Taken[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Taken];
      } catch {
        return [];
      }
    });
}

/**
 * Where events wait until a receiver has taken them: one file per event, and the identifiers of those that were taken.
 * An event that was taken just before a process died is told again, under the same `jti`.
 */
export class EventOutbox {
  readonly #waiting: string;
  readonly #takenFile: string;
  readonly #taken: Set<string>;

  constructor(state: string) {
    const folder = join(state, "events");
    this.#waiting = join(folder, "waiting");
    this.#takenFile = join(folder, "taken.jsonl");
    mkdirSync(this.#waiting, { recursive: true });
    this.#taken = new Set(takenIn(this.#takenFile).map(({ jti }) => jti));
  }

  /** Keeps the events that neither wait nor were taken, on the disk when this returns. */
  add(events: readonly ChangeEvent[]): void {
    const known = new Set([...this.#taken, ...this.waiting().map((file) => this.read(file).jti)]);
    for (const event of events) {
      if (known.has(event.jti)) continue;
      const file = join(this.#waiting, `${String(event.iat).padStart(12, "0")}-${event.jti}.json`);
      writeFileSync(`${file}.tmp`, jsonLine(event), { flush: true });
      renameSync(`${file}.tmp`, file);
    }
    this.#forget(events.at(-1)?.iat ?? 0);
  }

  /** Files of the events that wait, those of the oldest run first. */
  waiting(): string[] {
    return readdirSync(this.#waiting)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(this.#waiting, name));
  }

  read(file: string): ChangeEvent {
    return JSON.parse(readFileSync(file, "utf8")) as ChangeEvent;
  }

  taken(file: string, { jti, iat }: ChangeEvent): void {
    appendFileSync(this.#takenFile, `\n${jsonLine({ jti, iat })}`, { flush: true });
    this.#taken.add(jti);
    rmSync(file, { force: true });
  }

  #forget(now: number): void {
    const all = takenIn(this.#takenFile);
    const recent = all.filter(({ iat }) => iat >= now - REMEMBERED);
    if (recent.length === all.length) return;
    writeFileSync(`${this.#takenFile}.tmp`, recent.map((one) => `${jsonLine(one)}\n`).join(""), { flush: true });
    renameSync(`${this.#takenFile}.tmp`, this.#takenFile);
  }
}
