import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { EXIT } from "../../src/core/errors.ts";
import type { ChangeEvent } from "../../src/publish/events.ts";
import { tell, tellingError } from "../../src/publish/webhook.ts";
import { Dice } from "../../src/simulate/dice.ts";
import { trustCertificate } from "../servers/https.ts";
import { serveWebhook, type WebhookFault, type WebhookServer } from "./webhook-server.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-webhook-"));
let server: WebhookServer;
let state: string;
beforeAll(async () => {
  await trustCertificate();
  server = await serveWebhook("secret");
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  state = mkdtempSync(join(folder, "state-"));
  server.taken.splice(0);
  server.fault = () => undefined;
});

const event = (n: number, iat = 1_800_000_000): ChangeEvent => ({
  iss: "ztlens",
  jti: `00000000-0000-5000-8000-${String(n).padStart(12, "0")}`,
  iat,
  txn: "hq",
  sub_id: { format: "email", email: `u${n}@contoso.com` },
  events: { "https://schemas.openid.net/secevent/caep/event-type/session-revoked": { event_timestamp: iat } },
});
const some = (from: number, to: number): ChangeEvent[] =>
  Array.from({ length: to - from }, (_, i) => event(from + i, 1_800_000_000 + from));
const send = (events: readonly ChangeEvent[], rest: { token?: string; timeout?: number; attempts?: number } = {}) =>
  tell(events, {
    state,
    webhook: {
      url: `${server.url}/hook?sig=hidden`,
      token: rest.token ?? "secret",
      retry: { attempts: rest.attempts ?? 3, first: 1, timeout: rest.timeout ?? 20_000 },
    },
  });

test("an event comes once, whatever later runs find again", async () => {
  expect(await send(some(0, 3))).toEqual({ taken: 3, waiting: 0 });
  expect(await send(some(0, 5))).toEqual({ taken: 2, waiting: 0 });
  expect(server.taken).toEqual([...some(0, 3), ...some(0, 5).slice(3)]);
});

test("over a hundred runs under faults every event arrives, and nothing waits in the end", async () => {
  const dice = new Dice(7);
  const faults: WebhookFault[] = [429, 500, 503, "reset", "lost", "silent", "redirect"];
  server.fault = () => (dice.chance(0.4) ? dice.pick(faults) : undefined);
  for (let run = 0; run < 100; run++) await send(some(Math.max(0, run * 2 - 10), run * 2 + 2), { timeout: 100 });
  server.fault = () => undefined;
  expect((await send([])).waiting).toBe(0);
  const told = server.taken.map(({ jti }) => jti);
  expect(new Set(told).size).toBe(200);
  // Only an answer that was lost brings an event a second time.
  expect(told.length).toBeLessThan(300);
}, 120_000);

test("an event that the receiver refuses does not hold up the others, and waits", async () => {
  server.fault = ({ jti }) => (jti === event(1).jti ? 400 : undefined);
  const telling = await send(some(0, 3));
  expect(telling).toMatchObject({ taken: 2, waiting: 1, failure: { kind: "refused" } });
  expect(tellingError(telling)?.message).toContain("HTTP 400). 1 event waits");
  server.fault = () => undefined;
  expect(await send([])).toEqual({ taken: 1, waiting: 0 });
});

test("a receiver that grants no access gets nothing more, and no message shows its whole address", async () => {
  const telling = await send(some(0, 3), { token: "other" });
  expect(telling).toMatchObject({ taken: 0, waiting: 3, failure: { kind: "unauthorized" } });
  const error = tellingError(telling);
  expect(error?.exitCode).toBe(EXIT.unauthorized);
  expect(error?.message).not.toContain("hidden");
});

test("a list of what was taken that was cut tells the last event again and no other", async () => {
  await send(some(0, 2));
  const file = join(state, "events", "taken.jsonl");
  const text = readFileSync(file, "utf8");
  rmSync(file);
  appendFileSync(file, text.slice(0, -10));
  expect(await send(some(0, 3))).toEqual({ taken: 2, waiting: 0 });
  expect(server.taken.map(({ jti }) => jti)).toEqual([0, 1, 1, 2].map((n) => event(n).jti));
});

test("what was taken long ago is forgotten", async () => {
  await send([event(0, 1_700_000_000)]);
  await send([event(1, 1_800_000_000)]);
  const kept = readFileSync(join(state, "events", "taken.jsonl"), "utf8");
  expect([kept.includes(event(0).jti), kept.includes(event(1).jti)]).toEqual([false, true]);
  expect(readdirSync(join(state, "events", "waiting"))).toEqual([]);
});

test.each(["http://example.com/", "ftp://localhost/", "nowhere"])("%s is no webhook", async (url) => {
  await expect(tell([], { state, webhook: { url } })).rejects.toThrow("no https address");
});
