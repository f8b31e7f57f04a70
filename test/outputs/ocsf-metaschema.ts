import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Attribute {
  readonly type?: string;
  readonly is_array?: boolean;
  readonly requirement?: "required" | "recommended" | "optional";
  readonly profile?: string | null;
  readonly enum?: Readonly<Record<string, unknown>>;
}
interface Definition {
  readonly name?: string;
  readonly extends?: string;
  readonly attributes: Readonly<Record<string, Attribute>> & { readonly $include?: readonly string[] };
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  integer_t: Number.isSafeInteger,
  long_t: Number.isSafeInteger,
  timestamp_t: Number.isSafeInteger,
  float_t: (value) => typeof value === "number",
  boolean_t: (value) => typeof value === "boolean",
  json_t: () => true,
};

/** The checks that OCSF's own definitions make of an event: a clone of github.com/ocsf/ocsf-schema in `folder`. */
export function ocsfChecker(folder: string): (event: Readonly<Record<string, unknown>>) => string[] {
  const read = (path: string): Definition => JSON.parse(readFileSync(join(folder, path), "utf8")) as Definition;
  const dictionary = read("dictionary.json").attributes;
  const named = (top: string): Map<string, string> =>
    new Map(
      readdirSync(join(folder, top), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".json"))
        .map((name) => [read(join(top, name)).name ?? "", join(top, name)]),
    );
  // A class and an object may have the same name.
  const [classes, objects] = [named("events"), named("objects")];

  function attributesOf(name: string, byName: ReadonlyMap<string, string>): Map<string, Attribute> {
    const path = byName.get(name);
    if (path === undefined) return new Map();
    const { extends: parent, attributes } = read(path);
    const { $include = [], ...own } = attributes;
    const included = $include
      .filter((one) => existsSync(join(folder, one)))
      .flatMap((one) =>
        Object.entries(read(one).attributes).map(
          // What a profile requires is required only where the event applies the profile.
          ([key, attribute]): [string, Attribute] => [key, { ...attribute, requirement: "optional" }],
        ),
      );
    const merged = parent === undefined ? new Map<string, Attribute>() : attributesOf(parent, byName);
    for (const [key, attribute] of [...included, ...Object.entries(own)])
      merged.set(key, { ...merged.get(key), ...(attribute as Attribute) });
    return merged;
  }

  function check(name: string, byName: ReadonlyMap<string, string>, value: unknown, at: string): string[] {
    if (typeof value !== "object" || value === null) return [`${at} is no object`];
    const attributes = attributesOf(name, byName);
    const missing = [...attributes].flatMap(([key, { requirement, profile }]) =>
      requirement === "required" && !profile && !(key in value) ? [`${at}.${key} is missing`] : [],
    );
    return [
      ...missing,
      ...Object.entries(value).flatMap(([key, member]) => {
        const attribute = attributes.get(key);
        if (!attribute) return [`${at}.${key} is no attribute of ${name}`];
        return checkValue({ ...dictionary[key], ...attribute }, member, `${at}.${key}`);
      }),
    ];
  }

  function checkValue({ type = "string_t", is_array, enum: allowed }: Attribute, value: unknown, at: string): string[] {
    if (is_array) {
      if (!Array.isArray(value)) return [`${at} is no array`];
      return value.flatMap((member, i) => checkValue({ type }, member, `${at}[${i}]`));
    }
    // Identifiers of classes and categories are computed, and their lists hold only the root.
    if (allowed && !/\.(?:class|category|type)_uid$/.test(at) && typeof value === "number" && !(value in allowed))
      return [`${at}: ${value} is not allowed`];
    if (objects.has(type)) return check(type, objects, value, at);
    const isRight = SCALARS[type] ?? ((text: unknown) => typeof text === "string");
    return isRight(value) ? [] : [`${at} is no ${type}`];
  }

  const CLASS_NAMES = new Map([
    [2003, "compliance_finding"],
    [2004, "detection_finding"],
  ]);
  return (event) => check(CLASS_NAMES.get(Number(event.class_uid)) ?? "", classes, event, "event");
}
