import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkDocument, regionOf, type Surroundings } from "./docs.ts";
import { expectNone } from "./expect.ts";
import { readTree, root } from "./tree.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json")) as { readonly scripts: object };

const repository: Surroundings = {
  exists: (path) => existsSync(join(root, path)),
  read,
  scripts: Object.keys(manifest.scripts),
};

describe("documents", () => {
  for (const file of readTree().filter(({ path }) => path.endsWith(".md"))) {
    it(`are true: ${file.path}`, () => expectNone(checkDocument(file, repository)));
  }
});

describe("checkDocument", () => {
  const files: { readonly [path: string]: string } = {
    "docs/guide.md": "",
    "tools/x.ts": "",
    "examples/x.ts": "run();\n// #region short\n  a();\n  if (b) {\n    c();\n  }\n// #endregion\n",
    "examples/x.test.ts": "",
    "examples/untested.ts": "// #region r\na();\nb();\nc();\n// #endregion\n",
    "examples/tiny.test.ts": "// #region r\na();\n// #endregion\n",
  };
  const around: Surroundings = {
    exists: (path) => path in files,
    read: (path) => files[path]!,
    scripts: ["test", "bench"],
  };
  const check = (text: string, ...expected: readonly string[]): void =>
    assert.deepEqual(checkDocument({ path: "README.md", text }, around), expected);
  const shown = "a();\nif (b) {\n  c();\n}\n";
  const block = (source: string, code = shown): string =>
    `text\n\n<!-- from ${source} -->\n\`\`\`ts\n${code}\`\`\`\n`;

  it("finds links that lead nowhere", () => {
    check("see [here](docs/guide.md#part) and [there](https://example.org/x) and [up](#top)");
    check("x\nsee [here](docs/gone.md)", "README.md:2 links to docs/gone.md, which is not there");
    check("```c\na[0](x)\n```\n");
  });
  it("resolves links from the folder of the page", () => {
    const text = "[other](./guide.md)";
    assert.deepEqual(checkDocument({ path: "docs/index.md", text }, around), []);
  });
  it("finds code that is from nowhere", () => {
    check(
      `\`\`\`ts\n${shown}\`\`\`\n`,
      "README.md:1 shows code that is in no example; put <!-- from FILE#REGION --> before it",
    );
    assert.deepEqual(checkDocument({ path: "STYLE.md", text: "```ts\nx\n```\n" }, around), []);
  });
  it("finds code that differs from its example", () => {
    check(block("examples/x.ts#short"));
    check(block("examples/x.ts#short", "a();\n"), "README.md:3 differs from examples/x.ts#short");
  });
  it("finds sources that are not there", () => {
    check(block("examples/y.ts#short"), "README.md:3 shows examples/y.ts, which is not there");
    check(block("examples/x.ts#y"), "README.md:3 shows #y, which examples/x.ts does not have");
  });
  it("finds examples that no test runs", () =>
    check(
      block("examples/untested.ts#r", "a();\nb();\nc();\n"),
      "README.md:3 shows examples/untested.ts, which no test runs",
    ));
  it("finds regions that are too short", () =>
    check(
      block("examples/tiny.test.ts#r", "a();\n"),
      "README.md:3 shows 1 lines of examples/tiny.test.ts#r; a reader takes in 3 to 25",
    ));
  it("finds commands that are not there", () => {
    check("```sh\nnpm ci\nnpm test\nsudo npm run bench -- maps\nnode tools/x.ts\n```\n");
    check("```sh\nnpm run gone\n```\n", "README.md:1 runs npm script gone, which is not there");
    check("```sh\nnode tools/y.ts\n```\n", "README.md:1 runs tools/y.ts, which is not there");
  });
});

describe("regionOf", () => {
  it("ends at the first end after the start", () =>
    assert.equal(
      regionOf("// #region a\n1\n// #endregion\n// #region b\n2\n// #endregion", "b"),
      "2\n",
    ));
  it("keeps empty lines", () =>
    assert.equal(regionOf("// #region a\n  1\n\n  2\n// #endregion", "a"), "1\n\n2\n"));
  it("is nothing without an end", () =>
    assert.equal(regionOf("// #region a\n1\n", "a"), undefined));
});
