import { ZtlensError } from "../core/errors.ts";
import { type Failure, type InnerError, RequestError } from "./types.ts";

/** Microsoft's parser numbers what it cannot read from 1, what it reads and cannot bind from 100. */
const SYNTAX = /^KS0/;

/** What a client is told of anything that was thrown. A defect of ours shows no more than that it is one. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestError) return error.failure;
  if (error instanceof ZtlensError) {
    const inner = innerError(error);
    return { status: 400, code: "BadArgumentError", message: "The request had some invalid properties", inner };
  }
  return { status: 500, code: "InternalServerError", message: "The query failed on the server; its log says why." };
}

function innerError(error: ZtlensError): InnerError {
  const [first] = error.diagnostics;
  const message = [first?.message ?? error.message, first?.hint].filter((part) => part !== undefined).join(" ");
  const syntax = SYNTAX.test(first?.code ?? "");
  return {
    kind: syntax ? "SyntaxError" : "SemanticError",
    code: syntax ? "SYN0002" : "SEM0100",
    message,
    ...(first?.line !== undefined && { line: first.line }),
    ...(first?.column !== undefined && { position: first.column - 1 }),
  };
}

export const badRequest = (message: string): RequestError =>
  new RequestError({ status: 400, code: "BadArgumentError", message });
