import type { Diagnostic } from "../../core/errors.ts";
import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS } from "../functions/support/convert.ts";
import type { Udf } from "../functions/types.ts";
import { operators } from "../operators/index.ts";
import { renderStatement } from "../sql/render.ts";
import { place, type SyntaxNode } from "../syntax/node.ts";
import { parseFunction } from "../syntax/parse.ts";
import type { CompileOptions, Probe, ProbeAnswer, Schema } from "../types.ts";
import { asType } from "./coerce.ts";
import { type Binding, type Context, Environment, type Scope } from "./context.ts";
import { lowerScalar } from "./expressions.ts";
import { enterFunction } from "./functions.ts";
import { isTabular } from "./lists.ts";
import { parameterValue } from "./parameters.ts";
import { lowerSource } from "./sources.ts";
import { tableNamed } from "./tables.ts";
import type { PlanNode, Relation, Scalar, SharedPlan } from "./types.ts";
import type { Unknown } from "./unknown.ts";

/** Ends a compilation: the query is refused for the reasons given. */
export class Refusal extends Error {
  readonly diagnostic: Diagnostic;
  readonly feature: string | undefined;

  constructor(diagnostic: Diagnostic, feature?: string) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
    this.feature = feature;
  }
}

/** Ends a compilation: the columns of the result depend on the answer to a probe. */
export class ProbeNeeded extends Error {
  readonly probe: Probe;

  constructor(probe: Probe) {
    super("the columns depend on the data");
    this.probe = probe;
  }
}

const MAX_COLUMNS = 200_000;

/** One compilation's state. */
export class Lowering implements Context {
  readonly schema: Schema;
  readonly now: bigint;
  readonly arrival: Pick<CompileOptions, "arrivedBy" | "byArrival">;
  readonly marksRows: boolean;
  readonly unknown: Unknown | undefined;
  readonly environment = new Environment();
  readonly udfs = new Map<string, Udf>();
  readonly warnings: Diagnostic[] = [];
  readonly options = new Map<string, Scalar>();
  readonly absent = new Set<string>();
  readonly shared = new Map<string, SharedPlan>();
  render?: Readonly<Record<string, string>>;
  readonly #options: CompileOptions;
  #ids = 0;
  #probes = 0;

  constructor(options: CompileOptions, unknown: Unknown | undefined) {
    this.#options = options;
    this.unknown = unknown;
    this.schema = options.schema;
    this.now = options.now;
    this.arrival = options;
    this.marksRows = options.marksRows === true;
    for (const [name, source] of options.schema.functions ?? []) this.#bindSaved(name, source);
  }

  #bindSaved(name: string, source: string): void {
    const environment = this.environment;
    environment.names.set(name, {
      kind: "function",
      environment,
      get declaration(): SyntaxNode {
        const parsed = parseFunction(source);
        if (!parsed) throw new TypeError(`The saved function ${name} is not a function`);
        return parsed;
      },
    });
  }

  id(): string {
    this.#ids++;
    if (this.#ids > MAX_COLUMNS)
      throw new Refusal({ code: "KQL310", severity: "error", message: "The query grows beyond what can be planned." });
    return `_k${this.#ids}`;
  }

  scalar(node: SyntaxNode, scope: Scope): Scalar {
    return lowerScalar(node, this, scope);
  }

  typed(node: SyntaxNode, type: ScalarType, scope: Scope): string {
    return asType(this.scalar(node, scope), type).sql;
  }

  constant(node: SyntaxNode, scope: Scope, what: string): Scalar {
    const value = this.scalar(node, scope);
    return value.constant === undefined ? this.unsupported(node, `${what} that is not a constant`) : value;
  }

  tabular(node: SyntaxNode, environment: Environment, input?: Relation): Relation {
    const bare = node.bare();
    if (bare.kind === "PipeExpression")
      return this.#operate(bare.get("Operator"), this.tabular(bare.get("Expression"), environment, input), environment);
    if (input && operators.has(bare.kind)) return this.#operate(bare, input, environment);
    return lowerSource(bare, this, environment);
  }

  #operate(node: SyntaxNode, input: Relation, environment: Environment): Relation {
    const lower = operators.get(node.kind);
    return lower ? lower(node, input, this, environment) : this.unsupported(node, operatorName(node));
  }

  tableNamed(node: SyntaxNode, name: string, environment: Environment): Relation {
    const binding = environment.find(name);
    if (binding?.kind === "table") return binding.lower();
    if (binding?.kind === "function") {
      const body = enterFunction(node, binding, this, { environment });
      return { ...this.tabular(body.expression, body.environment), source: name };
    }
    if (binding?.kind === "scalar") return this.refuse(node, `${name} is a value, not a table.`);
    return tableNamed(node, name, this.#options.timespan, this);
  }

  statement(node: SyntaxNode, environment: Environment): void {
    if (node.kind === "LetStatement") {
      environment.names.set(node.get("Name").name, this.#binding(node.get("Expression"), environment));
      return;
    }
    if (node.kind === "PatternStatement" && node.child("Pattern")) {
      environment.names.set(node.get("Name").name, { kind: "pattern", statement: node, environment });
      return;
    }
    if (node.kind === "SetOptionStatement") {
      const value = node.child("ValueClause")?.child("Expression");
      if (value && node.get("Name").name.startsWith("query_bin_auto_"))
        this.options.set(node.get("Name").name, this.scalar(value, { environment }));
      return;
    }
    if (node.kind === "QueryParametersStatement") {
      this.#queryParameters(node, environment);
      return;
    }
    if (node.kind === "ExpressionStatement") return;
    this.unsupported(node, `${node.kind}`);
  }

  #binding(expression: SyntaxNode, environment: Environment): Binding {
    const scope: Environment = new Environment(environment.parent);
    for (const [name, binding] of environment.names) scope.names.set(name, binding);
    if (expression.kind === "FunctionDeclaration") {
      return { kind: "function", declaration: expression, environment: scope };
    }
    if (isTabular(expression, { environment }, this))
      return { kind: "table", lower: this.#tableBinding(expression, scope) };
    return { kind: "scalar", value: this.scalar(expression, { environment }) };
  }

  /** A let table is lowered where it is used; one that is materialized has one plan for all uses. */
  #tableBinding(expression: SyntaxNode, environment: Environment): () => Relation {
    if (expression.bare().kind !== "MaterializeExpression") return () => this.tabular(expression, environment);
    let relation: Relation | undefined;
    return () => {
      relation ??= this.tabular(expression, environment);
      return this.#fresh(relation);
    };
  }

  /** New ids over a shared plan, so that two uses of it can meet in one join. */
  #fresh(relation: Relation): Relation {
    const items = relation.columns.map((column) => ({ id: this.id(), sql: column.id }));
    const columns = relation.columns.map((column, i) => ({ ...column, id: items[i]?.id ?? column.id }));
    return { ...relation, node: { op: "extend", input: relation.node, items }, columns };
  }

  #queryParameters(node: SyntaxNode, environment: Environment): void {
    for (const param of node.items("Parameters")) {
      const declaration = param.get("NameAndType");
      const name = declaration.get("Name").name;
      const given = this.#options.parameters?.get(name);
      const value =
        given === undefined
          ? param.child("DefaultValue")?.get("Value")
          : parameterValue(given, declaration.get("Type").text.trim());
      if (!value)
        this.refuse(
          param,
          `The query parameter ${name} has no value.`,
          "Give it a default, or a value with the request.",
        );
      environment.names.set(name, { kind: "scalar", value: this.scalar(value, { environment }) });
    }
  }

  share(node: PlanNode, once: boolean): SharedPlan {
    const shared: SharedPlan = { name: `_s${this.shared.size + 1}`, node, once };
    this.shared.set(shared.name, shared);
    return shared;
  }

  use(udfs: readonly Udf[] | undefined): void {
    for (const udf of udfs ?? []) this.udfs.set(udf.name, udf);
  }

  warn(node: SyntaxNode, code: string, message: string, hint?: string): void {
    this.warnings.push({
      code,
      message,
      severity: "warning",
      ...place(node.source, node.start),
      ...(hint ? { hint } : {}),
    });
  }

  refuse(node: SyntaxNode, message: string, hint?: string): never {
    throw new Refusal({
      code: "KQL200",
      message,
      severity: "error",
      ...place(node.source, node.start),
      ...(hint ? { hint } : {}),
    });
  }

  unsupported(node: SyntaxNode, feature: string, hint?: string): never {
    const at = place(node.source, node.start);
    const message = `Not supported by the embedded engine: ${feature}.`;
    throw new Refusal({ code: "KQL300", message, severity: "error", ...at, ...(hint ? { hint } : {}) }, feature);
  }

  probe(relation: Relation, key: string): ProbeAnswer {
    const id = `${++this.#probes}:${key}`;
    const answer = this.#options.answers?.get(id);
    if (answer) return answer;
    const ids = relation.columns.map((column) => column.id);
    const { sql } = renderStatement(relation.node, ids, relation.order, this.shared);
    throw new ProbeNeeded({
      id,
      sql,
      columns: relation.columns.map(({ name, type }) => ({ name, type })),
      udfs: [...CONVERSION_UDFS, ...this.udfs.values()],
    });
  }
}

const operatorName = (node: SyntaxNode): string =>
  node.kind
    .replace(/Operator$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase();
