import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Diagnostic } from "../../src/core/errors.ts";
import type { Value } from "../../src/core/kusto.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-beside-"));
const place = (name: string): string => join(folder, name);
function write(name: string, text: string): void {
  mkdirSync(join(place(name), ".."), { recursive: true });
  writeFileSync(place(name), text);
}

write("watchlists/VIP.csv", 'User,SearchKey,Note\r\nada@contoso.com,ada,"first, ""VIP"""\r\nbob@contoso.com,bob\r\n');
write("watchlists/Hosts.csv", "Host\nsrv1\n");
write("external/feed.csv", 'ip,score,seen,tags\n10.0.0.1,7,2026-01-02,"[1,2]"\n10.0.0.2,,nonsense,word\n');
write("external/lists.example.org/a/feed.csv", "10.9.9.9,1\n");
write("external/words.txt", "# heading\r\nalpha\r\n\r\nbeta");
write("external/items.json", '[{"Id":1,"Name":"x","Sub":{"k":[1]}},{"Id":"2","Sub":null}]');
write("external/lines.ndjson", '{"a/b":true}\n{"a/b":false}\n');
write("functions/Doubled.kql", "(x:long, times:long = 2) { x * times }");
write("functions/Vips.kql", "// everybody who matters\n_GetWatchlist('VIP')\n| project SearchKey;\n");
write(
  "functions/created.csl",
  ".create-or-alter function with (docstring='x') Named(T:(k:long)) {\n T | extend m = Doubled(k)\n}",
);
write(
  "functions/parser.yaml",
  `ParserName: imThing
EquivalentBuiltInParser: _Im_Thing
ParserParams:
  - Name: hosts
    Type: dynamic
    Default: dynamic([])
  - Name: word
    Type: string
    Default: '*'
  - Name: disabled
    Type: bool
    Default: false
ParserQuery: |
  datatable(h:string)["srv1", "srv2"]
  | where not(disabled) and (array_length(hosts) == 0 or h in (hosts)) and (word == '*' or h has word)
`,
);
write("functions/Described.kql", "datatable(Process:string)['a']");
write(
  "functions/Computed.kql",
  "print d = dynamic({'p':'b c'}) | project Process = coalesce(tostring(d.q), split(tostring(d.p), ' ')[0])",
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const warnings: Diagnostic[] = [];
let backend: EmbeddedBackend;
beforeAll(async () => {
  backend = await EmbeddedBackend.open({
    paths: [],
    functions: place("functions"),
    watchlists: place("watchlists"),
    externalData: place("external"),
    onWarning: (warning) => warnings.push(warning),
  });
});
afterAll(async () => backend.close());

const rows = async (query: string): Promise<readonly (readonly Value[])[]> => (await backend.query(query)).rows;

describe("watchlists", () => {
  test("every item is text, the search key its own column or the first", async () => {
    expect(await rows("_GetWatchlist('vip') | project SearchKey, User, Note | sort by User asc")).toEqual([
      ["ada", "ada@contoso.com", 'first, "VIP"'],
      ["bob", "bob@contoso.com", ""],
    ]);
    expect(await rows("_GetWatchlist('Hosts')")).toEqual([["srv1", "srv1"]]);
    expect(await rows("print x = 'ada' | where x in (_GetWatchlist('VIP') | project SearchKey)")).toEqual([["ada"]]);
  });

  test("one that is not there is refused, not empty", async () => {
    await expect(rows("_GetWatchlist('Nobody')")).rejects.toThrow("no watchlist Nobody");
  });
});

describe("external data", () => {
  const feed = (options: string): string =>
    `externaldata(ip:string, score:long, seen:datetime, tags:dynamic)[@"https://x.example/list/feed.csv?sig=1"] ${options}`;

  test("delimited text has the declared types; what does not fit is null", async () => {
    expect(await rows(`${feed("with (format='csv', ignoreFirstRecord=true)")} | sort by ip asc`)).toEqual([
      ["10.0.0.1", 7, "2026-01-02T00:00:00.0000000Z", [1, 2]],
      ["10.0.0.2", null, null, "word"],
    ]);
    expect(await rows(`${feed("")} | count`)).toEqual([[3]]);
  });

  test("a copy under host and path goes before one by its name alone", async () => {
    const query = "externaldata(ip:string)['https://lists.example.org/a/feed.csv']";
    expect(await rows(query)).toEqual([["10.9.9.9"]]);
  });

  test("several files are one table", async () => {
    const query = "externaldata(a:string)['https://x/words.txt', 'https://y/words.txt'] with (format='txt') | count";
    expect(await rows(query)).toEqual([[6]]);
  });

  test("lines of text", async () => {
    const query = "externaldata(w:string)['https://x/words.txt'] with (format=txt, ignoreFirstRecord=true)";
    expect(await rows(query)).toEqual([["alpha"], ["beta"]]);
  });

  test("records of JSON by the names of the columns", async () => {
    const query = "externaldata(Id:int, Name:string, Sub:dynamic)['https://x/items.json'] with (format='multijson')";
    expect(await rows(query)).toEqual([
      [1, "x", { k: [1] }],
      [2, "", null],
    ]);
    const lines = "externaldata(['a/b']:bool)['https://x/lines.ndjson'] with (format='json')";
    expect(await rows(lines)).toEqual([[true], [false]]);
  });

  test.each([
    ["no copy", "https://x/other.csv"],
    ["a way out of the folder", "https://x/..%2f..%2fetc%2fpasswd"],
    ["a path", "../watchlists/VIP.csv"],
    ["a way up", "/etc/passwd"],
  ])("%s is refused", async (_, address) => {
    await expect(rows(`externaldata(a:string)['${address}']`)).rejects.toThrow("externaldata");
  });

  test("queries read nothing else", async () => {
    await expect(rows("externaldata(a:string)['functions/Doubled.kql'] with (format='txt')")).rejects.toThrow();
  });
});

describe("saved functions", () => {
  test.each([
    ["values with defaults", "print Doubled(4), Doubled(4, times=3)", [[8, 12]]],
    ["a plain query", "Vips | sort by SearchKey asc", [["ada"], ["bob"]]],
    ["a create command", "datatable(k:long)[3] | invoke Named()", [[3, 6]]],
    ["a parser", "imThing | count", [[2]]],
    ["a parser with arguments", "_Im_Thing(hosts=dynamic(['srv2'])) | where h has 'srv2'", [["srv2"]]],
    ["a parser without rows", "imThing(disabled=true) | count", [[0]]],
    [
      "one column of parsers that compute it",
      "union Described, Computed | project Process | sort by Process asc",
      [["a"], ["b"]],
    ],
  ])("%s", async (_, query, expected) => {
    expect(await rows(query)).toEqual(expected);
  });

  test.each([
    ["f.kql", "(x:long { x }"],
    ["f.yaml", "FunctionName: f\nParserQuery: [a"],
    ["f.yaml", "FunctionName: f\nParserParams: [{ Name: x, Type: 'string' }\nParserQuery: print x"],
    ["f.json", '{ "functionAlias": "f", '],
  ])("a file that is no function is told, and stops no other: %s", async (name, text) => {
    write(`broken-${name}/${name}`, text);
    write(`broken-${name}/sound.kql`, "print 1");
    const functions = place(`broken-${name}`);
    const told: Diagnostic[] = [];
    const other = await EmbeddedBackend.open({ paths: [], functions, onWarning: (warning) => told.push(warning) });
    expect(told).toMatchObject([{ code: "KQL115", severity: "warning", file: join(functions, name) }]);
    expect((await other.query("sound()")).rows).toEqual([[1]]);
    await expect(other.query("f()")).rejects.toThrow("f");
    await other.close();
  });

  test("a folder that is not there is named", async () => {
    await expect(EmbeddedBackend.open({ paths: [], watchlists: place("nowhere") })).rejects.toThrow("nowhere");
  });
});

describe("open", () => {
  let open: EmbeddedBackend;
  beforeAll(async () => {
    open = await EmbeddedBackend.open({ paths: [], open: true, onWarning: (warning) => warnings.push(warning) });
  });
  afterAll(async () => open.close());

  test.each([
    [
      "a table",
      "Sysmon_CL | where EventID_d == 1 and Host_s has 'x' | summarize n = count() by bin(TimeGenerated, 1h)",
      0,
    ],
    [
      "a function",
      "imProcessCreate(starttime=ago(1d)) | where Process has 'a' | join kind=inner (Other_CL) on Process",
      0,
    ],
    [
      "a new name that nothing describes in either table of a union",
      "union (AzureDiagnostics | where a_s == 'x'), (AzureDiagnostics | where b_s == 'y') | project-rename DvcId = ResourceId | extend Dvc = DvcId | count",
      1,
    ],
    ["a watchlist", "SigninLogs | where UserPrincipalName in ((_GetWatchlist('x') | project SearchKey)) | count", 1],
    ["external data", "externaldata(a:string)['https://x/y'] | count", 1],
    [
      "a union with described columns",
      "union isfuzzy=true SigninLogs, (Foo_CL | extend UserPrincipalName = User) | count",
      1,
    ],
    ["a union of all", "union * | count", 1],
    ["geolocation", "print tostring(geo_info_from_ip_address('1.2.3.4').country)", 1],
    ["arithmetic of what nothing describes", "Foo_CL | extend x = a * b | summarize m = sum(x) / sum(b) by c", 0],
    [
      "a column that is renamed after a summary of all",
      "Foo_CL | summarize take_any(*) by O = tolower(D_s) | project-rename Bar = TimeGenerated | project Bar, O",
      0,
    ],
    ["a renamed column", "Foo_CL | project-rename Bar = Baz | where Bar == 1 | project Bar", 0],
  ])("%s", async (_, query, count) => {
    warnings.length = 0;
    expect((await open.query(query)).rows).toHaveLength(count);
    expect(warnings.map(({ code }) => code)).toEqual(expect.arrayContaining([expect.stringMatching(/^KQL11/)]));
  });

  test("a described table has no other columns", async () => {
    await expect(open.query("SigninLogs | where Nothing == 1")).rejects.toThrow("Nothing");
  });

  test("a name that is nearly a table's is asked about", async () => {
    warnings.length = 0;
    const schema = { table: () => undefined, names: () => ["SigninLogs"], open: true };
    const { compile } = await import("../../src/kql/index.ts");
    const result = compile("SigninLog | count", { schema, now: 0n });
    expect(result).toMatchObject({ kind: "compiled", query: { warnings: [{ hint: "Did you mean SigninLogs?" }] } });
  });

  test("without it the query is refused", async () => {
    await expect(rows("Sysmon_CL | count")).rejects.toThrow("no table named Sysmon_CL");
    await expect(rows("imProcessCreate() | count")).rejects.toThrow("imProcessCreate");
  });
});

test("has_any takes thousands of needles", async () => {
  const needles = Array.from({ length: 5000 }, (_, i) => `"needle-${i}x", ".ext${i}"`).join(", ");
  const query = `datatable(s:string)["a needle-4321x.", "needle-4321xy", "a.ext9"] | where s has_any (${needles})`;
  expect(await rows(query)).toEqual([["a needle-4321x."], ["a.ext9"]]);
});
