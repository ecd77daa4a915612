// Holds the page's reader to the golden vectors; proto/vectors/README.md says what is in them.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { check } from "./vectors.mjs";

const VECTORS = new URL("../../../../proto/vectors/", import.meta.url);

for (const folder of ["good/", "malformed/"]) {
  const files = readdirSync(new URL(folder, VECTORS)).filter((file) => file.endsWith(".hex"));
  assert.ok(files.length > 0, `no vector in ${folder}`);
  for (const file of files) {
    const { expected, found } = check(fileURLToPath(new URL(folder + file, VECTORS)));
    const what = typeof expected === "string" ? `is refused as ${expected}` : "holds what its JSON says";
    test(`vector ${folder}${file.slice(0, -".hex".length)} ${what}`, () => assert.deepEqual(found, expected));
  }
}
