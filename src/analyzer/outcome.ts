import type { NameProperty, Names } from "../signals/names.ts";

export type Outcome = "success" | "failure" | "unknown";

/** Entra result codes that ask for another step: neither success nor failure. Source: Entra error code reference. */
const INTERRUPTS = new Set(
  "16000 16001 16003 50058 50072 50074 50076 50079 50097 50125 50127 50129 50140 50143 50199".split(" "),
);

const SUCCESS = new Set(
  "success succeeded logonsuccess ok allow allowed a accept accepted permit permitted start started true completed pass passed".split(
    " ",
  ),
);
const FAILURE_PREFIXES =
  "fail logonfail den deny drop block reject unauthor forbid error inval timeout abort cancel false".split(" ");

function read(code: string): Outcome {
  if (/^\d+$/.test(code)) {
    const number = Number(code);
    if (number === 0 || (number >= 100 && number < 400)) return "success";
    return INTERRUPTS.has(code) ? "unknown" : "failure";
  }
  const word = code.trim().toLowerCase();
  if (SUCCESS.has(word)) return "success";
  if (word === "d" || word.startsWith("0xc0000")) return "failure";
  return FAILURE_PREFIXES.some((prefix) => word.startsWith(prefix)) ? "failure" : "unknown";
}

const known = new Map<string, Outcome>();

/** What a result code says: sign-in error numbers, HTTP status, NTSTATUS, or the words of activity and flow logs. */
export function outcomeOf(code: string): Outcome {
  const found = known.get(code);
  if (found) return found;
  const outcome = read(code);
  if (known.size < 2000) known.set(code, outcome);
  return outcome;
}

/** What a code says beside its outcome, as bits: enough for every detector to pass over most rows by one look. */
export const [SUCCESS_BIT, FAILURE_BIT, ANNOUNCEMENT_BIT, WRONG_CREDENTIAL_BIT, KNOWN_BIT] = [1, 2, 4, 8, 16] as const;

function bitsOf(code: string): number {
  const outcome = outcomeOf(code);
  return (
    KNOWN_BIT |
    (outcome === "success" ? SUCCESS_BIT : outcome === "failure" ? FAILURE_BIT : 0) |
    (isAnnouncement(code) ? ANNOUNCEMENT_BIT : 0) |
    (isWrongCredential(code) ? WRONG_CREDENTIAL_BIT : 0)
  );
}

const bits = new WeakMap<Names, NameProperty>();

/** The bits of every result code of a stream; its detectors share them. */
export function codeBits(names: Names): NameProperty {
  const known = bits.get(names) ?? names.property(bitsOf);
  bits.set(names, known);
  return known;
}

/** Codes of a wrong name or password, a lock after too many of them included. Source: Entra error code reference. */
const WRONG_CREDENTIALS = new Set("50126 50053 50056 50034 50064 80041".split(" "));

/** Whether a sign-in failed because the credential was wrong, and not for what a policy asked. */
export const isWrongCredential = (code: string): boolean => WRONG_CREDENTIALS.has(code);

/** Rows that announce an operation; how it ended is another row. */
export const isAnnouncement = (code: string): boolean => /^(start|accept)/i.test(code);
