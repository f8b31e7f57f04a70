import { UsageError } from "../../core/errors.ts";

/*
 * What is deployed, written down once: resources with their properties, in which expressions stand for what only the
 * deployment knows. ARM, Bicep and Terraform are three ways to write the same model.
 */

type Part = string | Expression;

/** A value that the deployment works out. */
export class Expression {
  readonly form:
    | { readonly kind: "parameter"; readonly name: string }
    /** The id of the resource with that key. */
    | { readonly kind: "id"; readonly of: string }
    /** A property of a deployed resource; `path` starts below `properties`. */
    | { readonly kind: "property"; readonly of: string; readonly path: string }
    /** The same GUID for the same parts. */
    | { readonly kind: "guid"; readonly parts: readonly Part[] }
    /** The id of a built-in role. */
    | { readonly kind: "role"; readonly guid: string }
    | { readonly kind: "resourceGroupLocation" };

  constructor(form: Expression["form"]) {
    this.form = form;
  }
}

export const parameter = (name: string): Expression => new Expression({ kind: "parameter", name });
export const idOf = (of: string): Expression => new Expression({ kind: "id", of });
export const propertyOf = (of: string, path: string): Expression => new Expression({ kind: "property", of, path });
export const guidOf = (...parts: Part[]): Expression => new Expression({ kind: "guid", parts });
export const roleOf = (guid: string): Expression => new Expression({ kind: "role", guid });
export const resourceGroupLocation = new Expression({ kind: "resourceGroupLocation" });

export type Json = null | boolean | number | string | Expression | readonly Json[] | { readonly [key: string]: Json };

export interface Parameter {
  readonly name: string;
  readonly type: "string" | "int";
  readonly description: string;
  readonly value?: string | number | Expression;
}

export interface Resource {
  /** Unique; letters and digits. */
  readonly key: string;
  /** Such as `Microsoft.OperationalInsights/workspaces/tables`. */
  readonly type: string;
  readonly apiVersion: string;
  /** The last part of the name, for a resource with a parent. */
  readonly name: Part;
  /** Key of the resource that it is a part of. */
  readonly parent?: string;
  /** Key of the resource that it extends. */
  readonly scope?: string;
  /** It is there already and only named. */
  readonly existing?: true;
  readonly location?: Expression;
  readonly kind?: string;
  /** Ids of the user-assigned identities that it runs as. */
  readonly identities?: readonly Expression[];
  /** For what overwrites on demand only. */
  readonly etag?: string;
  readonly properties?: Json;
  /** Keys of what must be there before, beyond what the properties name. */
  readonly after?: readonly string[];
}

export interface Deployment {
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, Expression>>;
}

/** The resource with a key. Throws for a key that the deployment lacks. */
export function resourceOf(deployment: Deployment, key: string): Resource {
  const found = deployment.resources.find((resource) => resource.key === key);
  if (!found) throw new UsageError(`The deployment names ${key}, which it does not hold.`);
  return found;
}

function* expressionsIn(value: Json | undefined): Generator<Expression> {
  if (value instanceof Expression) {
    yield value;
    if (value.form.kind === "guid") for (const part of value.form.parts) yield* expressionsIn(part);
  } else if (Array.isArray(value)) for (const member of value) yield* expressionsIn(member);
  else if (typeof value === "object" && value !== null)
    for (const member of Object.values(value)) yield* expressionsIn(member as Json);
}

/** Keys of the resources that must be there before one, in the order of the deployment. */
export function dependenciesOf(deployment: Deployment, resource: Resource): string[] {
  const named = [...expressionsIn([resource.name, resource.properties ?? null, resource.identities ?? []])].flatMap(
    ({ form }) => (form.kind === "id" || form.kind === "property" ? [form.of] : []),
  );
  const wanted = new Set([...named, ...(resource.after ?? []), resource.parent ?? "", resource.scope ?? ""]);
  return deployment.resources.filter(({ key, existing }) => wanted.has(key) && !existing).map(({ key }) => key);
}
