import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "./support/modules.ts";

test("the README says what the code does", async () => {
  const check = promisify(execFile)(process.execPath, [join(root, ".config/readme.mjs"), "--check"]);
  await expect(check).resolves.toMatchObject({ stderr: "" });
});
