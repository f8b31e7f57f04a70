import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";

/*
 * Paths of random graphs against an enumeration that follows the definitions word by word.
 */

const numRuns = Number(process.env.ZTLENS_FUZZ_RUNS ?? 25);
const seed = Number(process.env.ZTLENS_FUZZ_SEED ?? 20_240_601);

type Edge = readonly [from: number, to: number];
type Cycles = "all" | "none" | "unique_edges";
type Arrow = "->" | "<-" | "-";

interface Path {
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
}

/** Where an edge leads from a node, read in the direction of the arrow. */
function targets([from, to]: Edge, at: number, arrow: Arrow): number[] {
  const found = new Set<number>();
  if (arrow !== "<-" && from === at) found.add(to);
  if (arrow !== "->" && to === at) found.add(from);
  return [...found];
}

function paths(edges: readonly Edge[], start: number, most: number, cycles: Cycles, arrow: Arrow): Path[] {
  const found: Path[] = [];
  const extend = (path: Path): void => {
    found.push(path);
    if (path.edges.length === most) return;
    edges.forEach((edge, number) => {
      if (cycles === "unique_edges" && path.edges.includes(number)) return;
      for (const next of targets(edge, path.nodes.at(-1) ?? start, arrow)) {
        if (cycles === "none" && path.nodes.includes(next)) continue;
        extend({ nodes: [...path.nodes, next], edges: [...path.edges, number] });
      }
    });
  };
  extend({ nodes: [start], edges: [] });
  return found;
}

const graph = fc.record({
  edges: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 6 }),
  least: fc.integer({ min: 0, max: 2 }),
  more: fc.integer({ min: 0, max: 2 }),
  cycles: fc.constantFrom<Cycles>("all", "none", "unique_edges"),
  arrow: fc.constantFrom<Arrow>("->", "<-", "-"),
  /** The node whose condition the search begins with. */
  from: fc.constantFrom("p", "q"),
});

const pattern = (arrow: Arrow, range: string): string =>
  `(p)${arrow === "<-" ? "<-" : "-"}[e*${range}]${arrow === "->" ? "->" : "-"}(q)`;

const source = (edges: readonly Edge[]): string =>
  `datatable(k:long, a:long, b:long)[${edges.map(([a, b], k) => `${k}, ${a}, ${b}`).join(", ")}] | make-graph a --> b with_node_id=id`;

let backend: EmbeddedBackend;
beforeAll(async () => {
  backend = await EmbeddedBackend.open({ paths: [] });
});
afterAll(async () => backend.close());

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

test("paths of every kind", { timeout: 60_000 + numRuns * 2_000 }, async () => {
  const holds = fc.asyncProperty(graph, async ({ edges, least, more, cycles, arrow, from }) => {
    const most = Math.max(1, least + more);
    const nodes = [...new Set(edges.flat())];
    const query = `${source(edges)} | graph-match cycles=${cycles} ${pattern(arrow, `${least}..${most}`)} where ${from}.id >= 0
      project p.id, q.id, map(e, k), map(inner_nodes(e), id)`;
    const wanted = nodes
      .flatMap((start) => paths(edges, start, most, cycles, arrow))
      .filter((path) => path.edges.length >= least)
      .map((path) => [path.nodes[0], path.nodes.at(-1), path.edges, path.nodes.slice(1, -1)]);
    expect(sorted((await backend.query(query)).rows)).toEqual(sorted(wanted));
  });
  await fc.assert(holds, { numRuns, seed });
});

test("shortest paths", { timeout: 60_000 + numRuns * 2_000 }, async () => {
  const holds = fc.asyncProperty(graph, async ({ edges, more, arrow, from }) => {
    const most = 1 + more;
    const query = (
      output: string,
    ) => `${source(edges)} | graph-shortest-paths output=${output} ${pattern(arrow, `1..${most}`)}
      where ${from}.id >= 0 project p.id, q.id, map(e, k)`;
    const nodes = [...new Set(edges.flat())];
    const all = nodes
      .flatMap((start) => paths(edges, start, most, "unique_edges", arrow))
      .filter((p) => p.edges.length > 0);
    const least = new Map<string, number>();
    const pair = (path: Path): string => `${path.nodes[0]} ${path.nodes.at(-1)}`;
    for (const path of all)
      least.set(pair(path), Math.min(path.edges.length, least.get(pair(path)) ?? Number.POSITIVE_INFINITY));
    const wanted = all
      .filter((path) => path.edges.length === least.get(pair(path)))
      .map((path) => [path.nodes[0], path.nodes.at(-1), path.edges]);
    expect(sorted((await backend.query(query("all"))).rows)).toEqual(sorted(wanted));
    const any = (await backend.query(query("any"))).rows;
    expect(any).toHaveLength(least.size);
    expect(sorted(wanted)).toEqual(expect.arrayContaining(sorted(any)));
  });
  await fc.assert(holds, { numRuns, seed });
});
