import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { shellQuote } from "../../src/core/text/shell.ts";
import { type CompletionCommand, completionScript } from "../../src/outputs/completion.ts";
import { HOSTILE } from "../hostile/corpus.ts";

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
