import { LiveBackend } from "../../../src/backends/live/backend.ts";
import { LogsTransport } from "../../../src/backends/logs/client.ts";
import { TOKEN, WORKSPACE } from "../logs/support.ts";

/** Streams a window in a process of its own, whose memory is measured; prints what came. */
const [, , url = "", start = "0", end = "0"] = process.argv;
const transport = new LogsTransport({
  workspace: WORKSPACE,
  endpoint: `${url}/v1`,
  scope: "https://api.loganalytics.io/.default",
  credential: TOKEN,
});
const backend = new LiveBackend(transport);
const timespan = { start: BigInt(start), end: BigInt(end) };
let rows = 0;
let sum = 0n;
let last = "";
let ordered = true;
for await (const { rowCount, columns } of backend.stream("Events\n| sort by TimeGenerated asc", { timespan })) {
  const [times, numbers] = ["TimeGenerated", "Number"].map((name) => columns.get(name) ?? []);
  for (let i = 0; i < rowCount; i++) {
    const time = String(times?.[i]);
    if (time < last) ordered = false;
    last = time;
    sum += BigInt(Number(numbers?.[i]));
  }
  rows += rowCount;
}
const slices = backend.journal.slices.map(({ start: from, end: to, part, rows: n }) => ({
  start: from,
  end: to,
  part,
  rows: n,
}));
process.stdout.write(
  JSON.stringify({
    rows,
    sum: sum.toString(),
    ordered,
    slices,
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
