import { type Dynamic, isBag } from "./json.ts";

type Step = string | number | typeof EVERY;
const EVERY = Symbol("every element");
const STEP = /\.([^.[\]'"]+)|\.?\[(?:'([^']*)'|"([^"]*)"|(-?\d+)|(\*))\]/y;

/** The steps of a JSONPath such as `$.a['b'][0]`, or undefined when it is none. */
export function parsePath(path: string): Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, name, single, double, index, every] = match;
    steps.push(index !== undefined ? Number(index) : every !== undefined ? EVERY : (name ?? single ?? double ?? ""));
  }
  return steps;
}

/** The value at a path; a `[*]` step gives an array. Undefined when there is none. */
export function walk(value: Dynamic | undefined, steps: readonly Step[]): Dynamic | undefined {
  let current = value;
  for (const [i, step] of steps.entries()) {
    if (step === EVERY) {
      const items = Array.isArray(current) ? current : current instanceof Map ? [...current.values()] : [];
      return items.map((item) => walk(item, steps.slice(i + 1))).filter((item) => item !== undefined);
    }
    if (typeof step === "number") current = Array.isArray(current) ? current.at(step) : undefined;
    else current = current instanceof Map ? current.get(step) : undefined;
  }
  return current;
}

/** The steps that a key stands for: a path from `$`, or one top-level key. */
export const keySteps = (key: string): Step[] => (key.startsWith("$") ? (parsePath(key) ?? [key]) : [key]);

/** A copy of the bag without what lies at the path. */
export function without(bag: Map<string, Dynamic>, steps: readonly Step[]): Map<string, Dynamic> {
  const [first, ...others] = steps;
  const copy = new Map(bag);
  if (typeof first !== "string") return copy;
  const inner = copy.get(first);
  if (others.length === 0) copy.delete(first);
  else if (inner !== undefined && isBag(inner)) copy.set(first, without(inner, others));
  return copy;
}

/** A copy of the bag with a value at the path; what stands in the way and is no bag is replaced. */
export function withValue(bag: Map<string, Dynamic>, steps: readonly Step[], value: Dynamic): Map<string, Dynamic> {
  const [first, ...others] = steps;
  const copy = new Map(bag);
  if (first === undefined || first === EVERY) return copy;
  const key = String(first);
  const inner = copy.get(key);
  copy.set(key, others.length === 0 ? value : withValue(inner instanceof Map ? inner : new Map(), others, value));
  return copy;
}
