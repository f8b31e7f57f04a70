import type { Plugin } from "./types.ts";

const OFFLINE = "It reads another service; offline work reads only the given files.";
const CODE = "It runs foreign code, which the embedded engine never does.";
const HEURISTIC = "Its choice of rows is not documented; another choice would not be the same query.";
const SEVERAL = "It gives several tables, and a result is one; use scan or a join for the one that you need.";

/** What this engine leaves out for good, with the reason. */
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
  autocluster: HEURISTIC,
  basket: `${HEURISTIC} summarize count() by the columns of a pattern counts it.`,
  diffpatterns: HEURISTIC,
  diffpatterns_text: HEURISTIC,
  funnel_sequence: SEVERAL,
  funnel_sequence_completion: "How it orders events of the same time is not documented; scan says it.",
  sequence_detect: "Which of several possible sequences it takes is not documented; scan or a join says it.",
  session_count: "What it counts as a session of a window is not documented; row_window_session() says it.",
};

const refused =
  (reason: string): Plugin =>
  ({ node, name, context }) =>
    context.unsupported(node, `plugin ${name}`, reason);

export default Object.fromEntries(Object.entries(REASONS).map(([name, reason]) => [name, refused(reason)]));
