import { expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { compile } from "../../src/kql/index.ts";
import { withChanges } from "../../src/maturity/changes.ts";
import { OWN_QUERIES } from "../../src/maturity/extras.ts";
import { catalogueSchema } from "../../src/packs/catalogue.ts";
import { contoso } from "../outputs/fixtures.ts";

type Json = Parameters<EmbeddedBackend["addRows"]>[1][number];

const minute = (n: number): string => new Date(Date.UTC(2026, 5, 1, 10, n)).toISOString();
const at = {
  ...contoso,
  asOf: "2026-06-02T00:00:00.0000000Z",
  window: { start: "2026-05-03T00:00:00.0000000Z", end: "2026-06-02T00:00:00.0000000Z" },
};

const signIn = (n: number, session: string, factors: "single" | "multi", rest: Json = {}) => ({
  TimeGenerated: minute(n),
  Id: `s${n}`,
  UserPrincipalName: "Ann@contoso.com",
  ResultType: "0",
  AuthenticationRequirement: `${factors}FactorAuthentication`,
  SessionId: session,
  ...rest,
});

const audit = (n: number, OperationName: string, initiator: Json, rest: Json = {}) => ({
  TimeGenerated: minute(n),
  Id: `a${n}`,
  OperationName,
  Result: "success",
  InitiatedBy: initiator,
  TargetResources: [{ type: "User", id: "o-1", userPrincipalName: "Ann@contoso.com" }],
  ...rest,
});

const REVOKE = "Update StsRefreshTokenValidFrom Timestamp";

async function changesOf(tables: Readonly<Record<string, readonly Json[]>>) {
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    for (const [table, rows] of Object.entries(tables)) await backend.addRows(table, rows);
    return await withChanges(at, backend, { changes: true });
  } finally {
    await backend.close();
  }
}

test("sessions that the directory revoked, by whom", async () => {
  const { changes, warnings } = await changesOf({
    AuditLogs: [
      audit(1, REVOKE, { user: { userPrincipalName: "admin@contoso.com" } }),
      audit(2, REVOKE, { user: { userPrincipalName: "ann@contoso.com" } }),
      audit(3, "Disable account", { app: { displayName: "Lifecycle Workflows" } }),
      audit(4, REVOKE, { user: { userPrincipalName: "admin@contoso.com" } }, { Result: "failure" }),
      audit(5, "Update user", { user: { userPrincipalName: "admin@contoso.com" } }),
      audit(
        6,
        "Delete user",
        {},
        { TargetResources: [{ id: "o-2", userPrincipalName: `${"0a".repeat(16)}Bob@contoso.com` }] },
      ),
    ],
  });
  expect(changes?.map(({ kind, id, user, by, session }) => [kind, id, user, by, session])).toEqual([
    ["session-revoked", "a1", "ann@contoso.com", "admin", null],
    ["session-revoked", "a2", "ann@contoso.com", "user", null],
    ["session-revoked", "a3", "ann@contoso.com", "system", null],
    ["session-revoked", "a6", "bob@contoso.com", "policy", null],
  ]);
  expect(warnings.at(-1)).toBe("Changes of assurance: there is no table SigninLogs.");
});

test("a session that began with one factor and went on with several, and nothing else", async () => {
  const { changes } = await changesOf({
    SigninLogs: [
      signIn(1, "up", "single"),
      signIn(2, "up", "multi"),
      signIn(3, "up", "multi"),
      signIn(1, "asked less later", "multi"),
      signIn(2, "asked less later", "single"),
      signIn(1, "refused", "single"),
      signIn(2, "refused", "multi", { ResultType: "50074" }),
      signIn(1, "", "single"),
      signIn(2, "", "multi"),
    ],
    AuditLogs: [],
  });
  expect(changes).toEqual([
    {
      kind: "assurance-level-change",
      id: "up",
      time: "2026-06-01T10:02:00.0000000Z",
      user: "ann@contoso.com",
      session: "up",
      by: "user",
      reason: "several factors in a session that began with one",
    },
  ]);
});

test("what was not asked for is not there", async () => {
  const backend = await EmbeddedBackend.open({ paths: [] });
  expect(await withChanges(at, backend, {})).toBe(at);
  await backend.close();
});

test.each(Object.entries(OWN_QUERIES))("an ingest loads what %s read", (_, { texts, reads }) => {
  const found = new Map<string, Set<string>>();
  for (const text of texts) {
    const result = compile(text, { schema: catalogueSchema, now: 0n });
    if (result.kind !== "compiled") throw new Error(text);
    for (const [table, columns] of result.query.reads) found.set(table, new Set(columns));
  }
  const listed = Object.entries(reads).map(([table, columns]) => [table, columns.split(" ")]);
  expect(listed).toEqual([...found].map(([table, columns]) => [table, [...columns].sort()]));
});
