/** A cheap look for anything that the patterns below could match. */
const SUSPECT = /eyJ|sig=|Q~|-----BEGIN|gh[pousr]_|bearer\s|(?:key|secret|password|pwd|token)["']?[=:]/i;

/**
 * Credentials as they turn up in logs. A pattern starts where a word starts, so that a long word is read once and not
 * once per letter.
 */
const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["JWT", /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?/g],
  ["signature", /(?<=(?:^|[?&;])sig=)[^&\s"'<>]{8,}/gi],
  ["client secret", /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g],
  ["private key", /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g],
  ["token", /gh[pousr]_\w{30,}|(?<=\bBearer\s)[\w.~+/=-]{16,}/gi],
  [
    "credential",
    /(?<=(?<![a-z])(?:account_?key|shared_?access_?key|client_?secret|password|pwd|api_?key|(?:access|refresh|id)_?token)(?:=|["']\s?:\s?["']))[^\s"'&;,]{4,}/gi,
  ],
];

/** Text in which credentials are replaced by `[redacted JWT]` and the like. Applying it twice changes nothing more. */
export function redactSecrets(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return SECRETS.reduce(
    (rest, [what, pattern]) =>
      rest.replace(pattern, (found) => (found.startsWith("[redacted") ? found : `[redacted ${what}]`)),
    text,
  );
}
