import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fishQuote, powershellQuote, shellQuote } from "../../src/core/text/shell.ts";
import { type CompletionCommand, completionScript } from "../../src/outputs/completion.ts";
import { HOSTILE } from "../hostile/corpus.ts";
import { ztlens } from "../support/ztlens.ts";

const program: CompletionCommand = {
  name: "ztlens",
  options: [{ flags: ["-V", "--version"], choices: [] }],
  commands: [
    {
      name: "replay",
      options: [
        { flags: ["-o", "--output"], choices: ["table", "json", "jsonl"] },
        { flags: ["--as-of"], choices: [] },
      ],
      commands: [],
    },
    {
      name: "evidence",
      options: [],
      commands: [{ name: "verify", options: [{ flags: ["--key"], choices: [] }], commands: [] }],
    },
  ],
};

const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;

/** What bash offers for the last word of a line. */
function offered(...line: readonly string[]): string[] {
  const code = `${completionScript("bash", program)}
COMP_WORDS=(${line.map(shellQuote).join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ztlens; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", code], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
}

const empty = mkdtempSync(join(tmpdir(), "ztlens-empty-"));
afterAll(() => rmSync(empty, { recursive: true }));

const hasFish = spawnSync("fish", ["-c", "true"]).status === 0;
const hasPowershell = spawnSync("pwsh", ["-NoProfile", "-Command", "exit 0"]).status === 0;

/** What fish offers for a line. */
function offeredByFish(line: string): string[] {
  const code = `${completionScript("fish", program)}\ncomplete -C ${fishQuote(line)}`;
  // Fish adds the files of the folder, of which this one has none.
  return execFileSync("fish", ["--no-config", "-c", code], { encoding: "utf8", cwd: empty })
    .split("\n")
    .flatMap((word) => (word === "" ? [] : [word.split("\t")[0] ?? ""]));
}

function offeredByPowershell(line: string): string[] {
  const code = `${completionScript("powershell", program)}
(TabExpansion2 -inputScript ${powershellQuote(line)} -cursorColumn ${line.length}).CompletionMatches.CompletionText`;
  return execFileSync("pwsh", ["-NoProfile", "-Command", code], { encoding: "utf8" })
    .split(/\r?\n/)
    .filter((word) => word !== "");
}

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["ztlens re", ["replay"]],
  ["ztlens replay --", ["--output", "--as-of"]],
  ["ztlens replay --output js", ["json", "jsonl"]],
  ["ztlens evidence ", ["verify"]],
  ["ztlens evidence verify -", ["--key"]],
];

describe.skipIf(!hasFish)("completion in fish", () => {
  test.each(LINES)("%j offers %j", (line, words) => expect(offeredByFish(line).sort()).toEqual([...words].sort()));
});

describe.skipIf(!hasPowershell)("completion in PowerShell", () => {
  test.each(LINES)("%j offers %j", (line, words) =>
    expect(offeredByPowershell(line).sort()).toEqual([...words].sort()),
  );
});

/** The answers of a PowerShell script by question, read from its text: what runs everywhere, also without PowerShell. */
function powershellAnswers(script: string): { readonly answers: [string, string[]][]; readonly places: string[] } {
  const quoted = (text: string): string[] =>
    [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, inner = ""]) => inner.replaceAll("''", "'"));
  const entries = [...script.matchAll(/^ {4}('(?:[^']|'')*') = @\((.*)\)$/gm)];
  const answers = entries.map(([, key = "", list = ""]): [string, string[]] => [quoted(key)[0] ?? "", quoted(list)]);
  return { answers, places: quoted(/^ {2}\$places = @\((.*)\)$/m.exec(script)?.[1] ?? "") };
}

describe("the script for PowerShell", () => {
  test.each(LINES)("answers for %j with %j", (line, words) => {
    const { answers, places } = powershellAnswers(completionScript("powershell", program));
    const before = line.split(" ").slice(0, -1);
    const typed = line.split(" ").at(-1) ?? "";
    const path = before.slice(1).reduce((at, word) => (places.includes(`${at}/${word}`) ? `${at}/${word}` : at), "");
    const table = new Map(answers);
    const choices = before.length > 1 ? table.get(`${path} ${before.at(-1)}`) : undefined;
    const list = choices ?? table.get(typed.startsWith("-") ? `${path} -` : path) ?? [];
    expect(list.filter((word) => word.startsWith(typed)).sort()).toEqual([...words].sort());
  });

  test("of the program is balanced, and asks nothing twice: its tables know no case", async () => {
    const { out } = await ztlens(["completion", "powershell"]);
    const code = out.replace(/'(?:[^']|'')*'|"(?:[^"`]|`.)*"/g, "");
    for (const [open, close] of ["()", "{}", "[]"].map((pair) => [...pair]))
      expect(code.split(open ?? "").length, open).toBe(code.split(close ?? "").length);
    expect(code).not.toMatch(/['"`]/);
    const questions = powershellAnswers(out).answers.map(([question]) => question.toLowerCase());
    expect(questions.length).toBeGreaterThan(50);
    expect(new Set(questions).size).toBe(questions.length);
  });
});

test("what a shell reads between its quotes", () => {
  expect(fishQuote("a'b\\c$d")).toBe("'a\\'b\\\\c$d'");
  expect(powershellQuote("a'b’c$d`e")).toBe("'a''b’’c$d`e'");
});

describe.skipIf(!hasBash)("completion in bash", () => {
  test.each([
    [
      ["ztlens", ""],
      ["replay", "evidence"],
    ],
    [["ztlens", "re"], ["replay"]],
    [
      ["ztlens", "-"],
      ["-V", "--version"],
    ],
    [
      ["ztlens", "replay", "--"],
      ["--output", "--as-of"],
    ],
    [
      ["ztlens", "replay", "--output", ""],
      ["table", "json", "jsonl"],
    ],
    [
      ["ztlens", "replay", "-o", "js"],
      ["json", "jsonl"],
    ],
    [["ztlens", "replay", "data/", "--o"], ["--output"]],
    [["ztlens", "replay", ""], []],
    [["ztlens", "evidence", ""], ["verify"]],
    [["ztlens", "evidence", "verify", "-"], ["--key"]],
    [["ztlens", "nothing", "x"], []],
  ])("%j offers %j", (line, words) => expect(offered(...line)).toEqual(words));

  test("every hostile word is read back as it was", () => {
    for (const text of HOSTILE.filter((word) => !word.includes("\0") && word.isWellFormed())) {
      expect(execFileSync("bash", ["--norc", "-c", `printf %s ${shellQuote(text)}`], { encoding: "utf8" })).toBe(text);
    }
  });
});

test("zsh gets the same function", () => {
  const [prelude, ...rest] = completionScript("zsh", program).split("\n");
  expect(prelude).toContain("bashcompinit");
  expect(rest.join("\n")).toBe(completionScript("bash", program));
});
