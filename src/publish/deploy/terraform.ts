import {
  type Deployment,
  dependenciesOf,
  Expression,
  type Json,
  type Parameter,
  type Resource,
  resourceOf,
} from "./model.ts";

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A quoted HCL string in which no template starts. */
export const hclString = (text: string): string =>
  `"${text
    .replace(/[\\"\n\r\t]/g, (found) => ESCAPES[found] ?? found)
    .replace(/[$%]\{/g, (found) => found.slice(0, 1) + found)
    .replace(/[^\x20-\x7e]/gu, escapeCharacter)}"`;

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The model as Terraform for the azapi provider, which takes resources as ARM has them: azurerm knows neither a data
 * collection rule of kind Direct nor the endpoint that one has.
 */
export const terraformText = (deployment: Deployment): string => new HclWriter(deployment).text();

const HEADER = `terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.0.0"
    }
  }
}

variable "resource_group_id" {
  type        = string
  description = "Id of the resource group of the workspace"
}
`;

class HclWriter {
  readonly #deployment: Deployment;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  text(): string {
    const { description, parameters, resources, outputs } = this.#deployment;
    return [
      `# ${description}`,
      HEADER,
      ...parameters.filter(({ value }) => !isLocation(value)).map((one) => this.#variable(one)),
      ...(parameters.some(({ value }) => isLocation(value)) ? [this.#locationVariable()] : []),
      ...resources.filter(({ existing }) => !existing).map((resource) => this.#resource(resource)),
      ...Object.entries(outputs).map(
        ([name, value]) => `output "${snake(name)}" {\n  value = ${this.#expression(value)}\n}\n`,
      ),
    ].join("\n");
  }

  #variable({ name, type, description, value }: Parameter): string {
    const lines = [
      `  type        = ${type === "int" ? "number" : "string"}`,
      `  description = ${hclString(description)}`,
    ];
    if (value !== undefined && !(value instanceof Expression))
      lines.push(`  default     = ${this.#value(value, "  ")}`);
    return `variable "${snake(name)}" {\n${lines.join("\n")}\n}\n`;
  }

  #locationVariable(): string {
    return `variable "location" {\n  type        = string\n  description = "Region of the workspace"\n}\n`;
  }

  #resource(resource: Resource): string {
    const { key, type, apiVersion, name, parent, scope, location, kind, identities, etag, properties } = resource;
    const body = {
      ...(kind !== undefined && { kind }),
      ...(etag !== undefined && { etag }),
      ...(properties !== undefined && { properties }),
    };
    const exported = this.#exported(key);
    const after = dependenciesOf(this.#deployment, resource).filter((one) => resource.after?.includes(one));
    const lines = [
      `  type      = ${hclString(`${type}@${apiVersion}`)}`,
      `  name      = ${this.#value(name, "  ")}`,
      `  parent_id = ${this.#parent(parent ?? scope)}`,
      ...(location ? [`  location  = ${this.#expression(location)}`] : []),
      ...(identities ? [this.#identity(identities)] : []),
      `  body = ${this.#value(body, "  ")}`,
      ...(exported.length > 0 ? [`  response_export_values = ${this.#value(exported, "  ")}`] : []),
      ...(after.length > 0
        ? [`  depends_on = [${after.map((one) => `azapi_resource.${snake(one)}`).join(", ")}]`]
        : []),
    ];
    return `resource "azapi_resource" "${snake(key)}" {\n${lines.join("\n")}\n}\n`;
  }

  #identity(identities: readonly Expression[]): string {
    const ids = identities.map((id) => this.#expression(id)).join(", ");
    return `  identity {\n    type         = "UserAssigned"\n    identity_ids = [${ids}]\n  }`;
  }

  #parent(key: string | undefined): string {
    return key === undefined ? "var.resource_group_id" : this.#id(key);
  }

  /** Properties of a resource that others or the outputs read. */
  #exported(key: string): string[] {
    const found = new Set<string>();
    const visit = (value: unknown): void => {
      if (value instanceof Expression) {
        if (value.form.kind === "property" && value.form.of === key) found.add(`properties.${value.form.path}`);
      } else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) visit(member);
    };
    visit(this.#deployment.resources);
    visit(this.#deployment.outputs);
    return [...found].sort();
  }

  #id(key: string): string {
    const resource = resourceOf(this.#deployment, key);
    if (!resource.existing) return `azapi_resource.${snake(key)}.id`;
    const name = resource.name instanceof Expression ? `\${${this.#expression(resource.name)}}` : resource.name;
    return `"\${var.resource_group_id}/providers/${resource.type}/${name}"`;
  }

  #expression({ form }: Expression): string {
    switch (form.kind) {
      case "parameter":
        return `var.${snake(form.name)}`;
      case "id":
        return this.#id(form.of);
      case "property":
        return `azapi_resource.${snake(form.of)}.output.properties.${form.path}`;
      case "guid":
        return `uuidv5("url", join("/", [${form.parts.map((part) => this.#value(part, "")).join(", ")}]))`;
      case "role":
        return `"\${split("/resourceGroups/", var.resource_group_id)[0]}/providers/Microsoft.Authorization/roleDefinitions/${form.guid}"`;
      case "resourceGroupLocation":
        return "var.location";
    }
  }

  #value(value: Json, indent: string): string {
    if (value instanceof Expression) return this.#expression(value);
    if (typeof value === "string") return hclString(value);
    if (typeof value !== "object" || value === null) return String(value);
    const inner = `${indent}  `;
    if (Array.isArray(value)) {
      if (value.length === 0) return "[]";
      return `[\n${value.map((member: Json) => `${inner}${this.#value(member, inner)},\n`).join("")}${indent}]`;
    }
    const members = Object.entries(value);
    if (members.length === 0) return "{}";
    const lines = members.map(([key, member]) => `${inner}${hclString(key)} = ${this.#value(member as Json, inner)}\n`);
    return `{\n${lines.join("")}${indent}}`;
  }
}

const isLocation = (value: unknown): boolean =>
  value instanceof Expression && value.form.kind === "resourceGroupLocation";
