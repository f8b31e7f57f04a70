/*
 * Rules as Azure exports them: ARM templates of the portal and of content packages, and answers of the REST API. A rule
 * is a resource of type …/alertRules or …/AlertRuleTemplates; its fields stand in `properties`.
 */

type Json = Readonly<Record<string, unknown>>;

export interface ArmRule {
  readonly raw: Json;
  /** Path of the resource in the file. */
  readonly path: readonly PropertyKey[];
  /** Where the fields that are not directly in the resource stand, below `path`. */
  readonly names: Readonly<Record<string, readonly PropertyKey[]>>;
}

const RULE_TYPE = /\/(?:alertRules|AlertRuleTemplates)$/i;
const KIND = /^(?:Scheduled|NRT)$/i;
const GUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The values that a template's expressions name. */
interface Scope {
  readonly parameters: Json;
  readonly variables: Json;
}

const REFERENCE = /^(variables|parameters)\('([^']+)'\)((?:\.\w+)*)$/;
const CONCAT = /^concat\((.*)\)$/s;
/** A text, or anything else up to the next comma: `''` is a quote inside of a text. */
const ARGUMENT = /\s*(?:'((?:[^']|'')*)'|([^,]+?))\s*(?:,|$)/gy;

/** What `environment()` answers in the public cloud. Source: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  resourceManager: "https://management.azure.com/",
  portal: "https://portal.azure.com",
  "authentication.audiences[0]": "https://management.core.windows.net/",
  "authentication.audiences[1]": "https://management.azure.com/",
  "authentication.loginEndpoint": "https://login.microsoftonline.com",
  "suffixes.keyvaultDns": ".vault.azure.net",
  "suffixes.sqlServerHostname": ".database.windows.net",
  "suffixes.storage": "core.windows.net",
};

/** The value of an expression without its brackets; undefined for one that only a deployment can work out. */
function evaluated(expression: string, scope: Scope, depth: number): unknown {
  const [, kind, name = "", members = ""] = REFERENCE.exec(expression) ?? [];
  if (kind === undefined) {
    const [, list] = CONCAT.exec(expression) ?? [];
    if (list !== undefined) return concatenated(list, scope, depth);
    return expression.startsWith("environment().") ? ENVIRONMENT[expression.slice(14)] : undefined;
  }
  const source = kind === "variables" ? scope.variables[name] : scope.parameters[name];
  let found: unknown = kind === "parameters" && isRecord(source) ? source.defaultValue : source;
  for (const member of members.split(".").slice(1)) found = isRecord(found) ? found[member] : undefined;
  return found === undefined ? undefined : resolved(found, scope, depth + 1);
}

function concatenated(list: string, scope: Scope, depth: number): string | undefined {
  let text = "";
  let end = 0;
  for (const match of list.matchAll(ARGUMENT)) {
    const [whole, literal, expression = ""] = match;
    const value = literal === undefined ? evaluated(expression, scope, depth) : literal.replaceAll("''", "'");
    if (typeof value !== "string" || EXPRESSION.test(value)) return undefined;
    text += value;
    end = match.index + whole.length;
  }
  return end === list.length ? text : undefined;
}

const EXPRESSION = /^\[(?!\[)(.*)\]$/s;
const DEEPEST = 8;

/** An ARM string: `[[` stands for `[`; references to variables and parameters' defaults are followed. */
function resolved(value: unknown, scope: Scope, depth = 0): unknown {
  if (typeof value !== "string") return value;
  if (value.startsWith("[[")) return value.slice(1);
  const [, expression] = depth < DEEPEST ? (EXPRESSION.exec(value) ?? []) : [];
  return expression === undefined ? value : (evaluated(expression, scope, depth) ?? value);
}

const resolvedFields = (fields: Json, scope: Scope): Json =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, resolved(value, scope)]));

function ruleOf(resource: Json, properties: Json, path: readonly PropertyKey[], scope: Scope): ArmRule {
  const fields = resolvedFields(properties, scope);
  const ids = [resource.name, resource.id].map((id) => GUID.exec(String(resolved(id, scope)))?.[0]);
  const raw = { ...fields, id: ids.find((id) => id !== undefined), kind: resource.kind, name: fields.displayName };
  const inner = Object.fromEntries(Object.keys(properties).map((key) => [key, ["properties", key]]));
  return { raw, path, names: { ...inner, name: ["properties", "displayName"], id: ["name"], kind: ["kind"] } };
}

const isRule = (node: Json): boolean =>
  KIND.test(String(node.kind)) &&
  isRecord(node.properties) &&
  typeof node.properties.query === "string" &&
  (RULE_TYPE.test(String(node.type)) || (node.type === undefined && "queryFrequency" in node.properties));

/** Every rule of a JSON value, at any depth. */
export function armRules(json: unknown): ArmRule[] {
  const found: ArmRule[] = [];
  const visit = (node: unknown, path: readonly PropertyKey[], scope: Scope): void => {
    if (Array.isArray(node)) {
      for (const [i, item] of node.entries()) visit(item, [...path, i], scope);
      return;
    }
    if (!isRecord(node)) return;
    if (isRule(node)) {
      found.push(ruleOf(node, node.properties as Json, path, scope));
      return;
    }
    const inner: Scope = Array.isArray(node.resources)
      ? {
          parameters: isRecord(node.parameters) ? { ...scope.parameters, ...node.parameters } : scope.parameters,
          variables: isRecord(node.variables) ? { ...scope.variables, ...node.variables } : scope.variables,
        }
      : scope;
    for (const [key, value] of Object.entries(node)) visit(value, [...path, key], inner);
  };
  visit(json, [], { parameters: {}, variables: {} });
  return found;
}
