import type { Udf } from "../functions/types.ts";

/** More edges or nodes than this do not fit into one call. */
export const MAX_GRAPH = 1_000_000;

/** Numbers the groups 0, 1, … in the order of their first member; members and results are by node number from 1. */
function renumber(group: readonly number[]): bigint[] {
  const numbers = new Map<number, bigint>();
  return group.slice(1).map((of) => {
    const known = numbers.get(of) ?? BigInt(numbers.size);
    numbers.set(of, known);
    return known;
  });
}

function weak(from: readonly bigint[], to: readonly bigint[], count: number): bigint[] {
  const parent = Array.from({ length: count + 1 }, (_, i) => i);
  const root = (of: number): number => {
    let at = of;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  from.forEach((start, i) => {
    parent[root(Number(start))] = root(Number(to[i] ?? start));
  });
  return renumber(parent.map((_, i) => root(i)));
}

/** Edges by their start: those of node n are targets[offsets[n] … offsets[n + 1]). */
function byStart(from: readonly bigint[], to: readonly bigint[], count: number) {
  const offsets = new Uint32Array(count + 2);
  for (const start of from) offsets[Number(start) + 1] = (offsets[Number(start) + 1] ?? 0) + 1;
  for (let i = 1; i < offsets.length; i++) offsets[i] = (offsets[i] ?? 0) + (offsets[i - 1] ?? 0);
  const next = offsets.slice();
  const targets = new Uint32Array(from.length);
  from.forEach((start, i) => {
    const at = next[Number(start)] ?? 0;
    targets[at] = Number(to[i] ?? 0n);
    next[Number(start)] = at + 1;
  });
  return { offsets, targets };
}

/** Tarjan's algorithm without recursion: a path may be as long as the graph. */
function strong(from: readonly bigint[], to: readonly bigint[], count: number): bigint[] {
  const { offsets, targets } = byStart(from, to, count);
  const index = new Uint32Array(count + 1);
  const low = new Uint32Array(count + 1);
  const group: number[] = Array.from({ length: count + 1 }, () => 0);
  const cursor = offsets.slice();
  const stack: number[] = [];
  let seen = 0;
  const close = (node: number): void => {
    for (;;) {
      const member = stack.pop() ?? node;
      group[member] = node;
      if (member === node) return;
    }
  };
  const enter = (node: number): void => {
    index[node] = low[node] = ++seen;
    stack.push(node);
  };
  for (let root = 1; root <= count; root++) {
    if (index[root] !== 0) continue;
    const path = [root];
    enter(root);
    while (path.length > 0) {
      const node = path.at(-1) ?? root;
      const at = cursor[node] ?? 0;
      if (at < (offsets[node + 1] ?? 0)) {
        cursor[node] = at + 1;
        const next = targets[at] ?? 0;
        if (index[next] === 0) {
          enter(next);
          path.push(next);
        } else if (group[next] === 0) low[node] = Math.min(low[node] ?? 0, index[next] ?? 0);
        continue;
      }
      path.pop();
      if (low[node] === index[node]) close(node);
      const above = path.at(-1);
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
    }
  }
  return renumber(group);
}

const udf = (name: string, fn: (from: readonly bigint[], to: readonly bigint[], count: number) => bigint[]): Udf => ({
  name,
  params: ["BIGINT[]", "BIGINT[]", "BIGINT"],
  returns: "BIGINT[]",
  fn: (from: readonly bigint[], to: readonly bigint[], count: bigint) => fn(from, to, Number(count)),
});

/** The component of every node, by node number, from the ends of all edges and the number of nodes. */
export const COMPONENTS = {
  weak: udf("kql_weak_components", weak),
  strong: udf("kql_strong_components", strong),
} as const;
