import type { Plugin } from "./types.ts";

const OFFLINE = "It reads another service; offline work reads only the given files.";
const CODE = "It runs foreign code, which the embedded engine never does.";

const REASONS: Readonly<Record<string, string>> = {
  azure_digital_twins_query_request: OFFLINE,
  cosmosdb_sql_request: OFFLINE,
  http_request: OFFLINE,
  http_request_post: OFFLINE,
  mysql_request: OFFLINE,
  postgresql_request: OFFLINE,
  sql_request: OFFLINE,
  ai_chat_completion: OFFLINE,
  ai_chat_completion_prompt: OFFLINE,
  ai_embeddings: OFFLINE,
  ai_embed_text: OFFLINE,
  csharp: CODE,
  python: CODE,
  r: CODE,
};

const refused =
  (reason: string): Plugin =>
  ({ node, name, context }) =>
    context.unsupported(node, `plugin ${name}`, reason);

export default Object.fromEntries(Object.entries(REASONS).map(([name, reason]) => [name, refused(reason)]));
