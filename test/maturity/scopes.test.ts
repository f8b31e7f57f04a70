import { beforeAll, describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/analyzer/analyzer.ts";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { assess } from "../../src/maturity/assess.ts";
import type { ScopeRequest } from "../../src/maturity/scopes.ts";
import { render as renderHtml } from "../../src/outputs/html.ts";
import { render as renderJson } from "../../src/outputs/json.ts";
import { render as renderTerminal } from "../../src/outputs/terminal.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";

/** Each is compiled anew: a few of every sort. */
const SAMPLE = HOSTILE.filter((text) => text.length < 200).filter((_, i) => i % 12 === 1);
const EVIL = `\u001b[31m${XSS[0]}"\\`;
const WANTED = ["ID-01", "IN-02", "ID-07"];
const vm = (subscription: string, n: string): string =>
  `/subscriptions/${subscription}/resourcegroups/rg/providers/microsoft.compute/virtualmachines/${n}`;
const signIn = (app: string, user: string, requirement: string, $repeat: number) => ({
  $repeat,
  Id: `${app}-${user}-{n}`,
  ResultType: "0",
  UserType: "Member",
  UserPrincipalName: user,
  AppDisplayName: app,
  AuthenticationRequirement: `${requirement}Authentication`,
});

const tables = {
  SigninLogs: [
    signIn("Payroll", "ann@contoso.com", "multiFactor", 400),
    signIn("Wiki", "bob@contoso.com", "singleFactor", 60),
    signIn(EVIL, "bob@contoso.com", "singleFactor", 40),
  ],
  Heartbeat: [{ $repeat: 200, _SubscriptionId: "s-good", _ResourceId: vm("s-good", "srv{n}") }],
  SecurityRecommendation: [
    { $repeat: 200, AssessedResourceId: vm("s-good", "srv{n}") },
    { $repeat: 30, AssessedResourceId: vm("s-bad", "srv{n}") },
  ],
};

async function assessed(scopes: readonly ScopeRequest[], wanted = WANTED): Promise<Assessment> {
  const { criteria } = loadPacks();
  const packs = { criteria: criteria.filter(({ id }) => wanted.includes(id)), signals: [] };
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    for (const [table, rows] of fixtureRows({ tables })) await backend.addRows(table, rows as never);
    const asOf = parseIsoDatetime(FIXTURE_AS_OF) ?? 0n;
    return await assess(backend, { packs, analyzer: createAnalyzer(), asOf, scopes });
  } finally {
    await backend.close();
  }
}

const criterion = ({ scopes = [] }: Assessment, name: string, id: string) =>
  scopes
    .find((scope) => scope.name === name)
    ?.pillars.flatMap(({ criteria }) => criteria)
    .find((own) => own.id === id);

describe("scopes", () => {
  let found: Assessment;
  beforeAll(async () => {
    found = await assessed([
      { kind: "subscription" },
      { kind: "application" },
      { kind: "assets", name: "jewels.txt", entities: ["Bob@contoso.com", vm("s-good", "srv1")] },
    ]);
  });

  test("are those that the logs name, the largest first", () => {
    expect(found.scopes?.map(({ kind, name }) => [kind, name])).toEqual([
      ["subscription", "s-good"],
      ["subscription", "s-bad"],
      ["application", "Payroll"],
      ["application", "Wiki"],
      ["application", EVIL],
      ["assets", "jewels.txt"],
    ]);
  });

  test("are judged by their own rows", () => {
    expect(criterion(found, "Payroll", "ID-01")).toMatchObject({ numerator: 400, denominator: 400, stage: "optimal" });
    expect(criterion(found, "Wiki", "ID-01")).toMatchObject({ numerator: 0, denominator: 60, state: "not_met" });
    expect(criterion(found, "s-good", "IN-02")).toMatchObject({ numerator: 200, denominator: 200, state: "met" });
    expect(criterion(found, "s-bad", "IN-02")).toMatchObject({ numerator: 0, denominator: 30, stage: "traditional" });
    expect(criterion(found, "jewels.txt", "ID-01")).toMatchObject({ numerator: 0, denominator: 100 });
    expect(found.scopes?.map(({ stage }) => stage)).toEqual([
      ...["optimal", "traditional", "optimal", "traditional", "traditional", "traditional"],
    ]);
  });

  test("name what nothing attributes to them, and what they have nothing of", () => {
    const [subscription] = found.scopes ?? [];
    expect(subscription?.tenantWide).toContain("ID-01");
    expect(subscription?.pillars.map(({ pillar }) => pillar)).toEqual(["infrastructure"]);
  });

  test("are said where nothing is found", async () => {
    const none = await assessed([{ kind: "subscription", name: "nowhere" }]);
    expect(none.scopes).toMatchObject([{ name: "nowhere", stage: "not_assessable", pillars: [], nothing: ["IN-02"] }]);
  });

  test("stand in the JSON, on the board and in the report, where hostile names stay texts", () => {
    expect(JSON.parse(renderJson(found)).scopes).toHaveLength(6);
    const board = renderTerminal(found);
    expect(board).toMatch(/^SCOPE +STAGE/m);
    expect(board).toMatch(/^s-bad +Traditional +Infrastructure by IN-02/m);
    expect(board.split("\n").every((line) => line.length <= 100)).toBe(true);
    expect(board).not.toContain("\u001b");
    expect(renderHtml(found)).toContain('id="scopes"');
    expect(renderHtml(found)).not.toContain(XSS[0]);
  });

  test("a hostile name is compared, not run; one that no literal can hold is in no scope", async () => {
    const names = [...SAMPLE, EVIL, "a\u0000b"];
    const result = await assessed(
      names.map((name) => ({ kind: "application", name })),
      ["ID-01"],
    );
    expect(result.warnings).toEqual([]);
    expect(names.map((name) => criterion(result, name, "ID-01")?.denominator)).toEqual([
      ...SAMPLE.map(() => undefined),
      40,
      undefined,
    ]);
    expect(result.scopes?.at(-1)?.tenantWide).toEqual(["ID-01"]);
  });
});
