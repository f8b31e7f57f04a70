import { readFileSync } from "node:fs";
import { Command } from "commander";
import { EXIT, UsageError } from "../core/errors.ts";
import { jsonText } from "../core/text/json.ts";
import { pad, terminalText } from "../core/text/terminal.ts";
import type { Check } from "../evidence/verify.ts";
import { collect } from "./support/options.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly key: readonly string[];
  readonly previous?: string;
  readonly json?: boolean;
}

export default (): Command =>
  new Command("evidence").description("work with evidence bundles").addCommand(
    new Command("verify")
      .description("check a bundle: signature, files, digests, rows, counts, time, chain")
      .argument("<folder>", "the bundle")
      .option("--key <file>", "a trusted Ed25519 public key, PEM (repeatable)", collect, [])
      .option("--previous <digest>", "sha256 of the manifest of the bundle before this one")
      .option("--json", "print the checks as JSON")
      .addHelpText(
        "after",
        `
Exit codes: 0 nothing failed, 1 a check failed, 2 this is no bundle.

Examples:
  ztlens replay ./export --evidence ./bundle
  ztlens evidence verify ./bundle --key auditor.pub`,
      )
      .action(verify),
  );

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read the key ${file}.`, [], { cause });
  }
}

async function verify(folder: string, options: Options): Promise<void> {
  const [{ verifyBundle }, { publicKey }] = await Promise.all([
    import("../evidence/verify.ts"),
    import("../evidence/dsse.ts"),
  ]);
  const checks = await verifyBundle(folder, {
    trusted: options.key.map((file) => publicKey(read(file))),
    now: new Date().toISOString(),
    ...(options.previous !== undefined && { previous: options.previous }),
  });
  await writeOut(options.json ? `${jsonText(checks, 2)}\n` : checks.map(line).join(""));
  process.exitCode = checks.some(({ status }) => status === "fail") ? EXIT.gateMissed : EXIT.ok;
}

const WORDS: Readonly<Record<Check["status"], string>> = { pass: "pass", fail: "FAIL", not_checked: "not checked" };

const line = ({ name, status, detail }: Check): string =>
  `${pad(WORDS[status], 12)}${pad(name, 10)} ${terminalText(detail)}\n`;
