import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { expectNone } from "./expect.ts";
import { checkSections } from "./sections.ts";
import { readTree, root } from "./tree.ts";

const pages = readTree().filter(({ path }) => path.endsWith(".md"));
const read = (path: string): string | undefined =>
  path.endsWith(".md") && existsSync(join(root, path))
    ? readFileSync(join(root, path), "utf8")
    : undefined;

describe("sections", () => {
  for (const page of pages) {
    it(`that ${page.path} refers to are there`, () => expectNone(checkSections(page, read)));
  }
});

describe("what there is", () => {
  it("is in the index of the documentation, every page", () => {
    const index = read("docs/README.md")!;
    const missing = pages
      .map(({ path }) => path)
      .filter((path) => /^docs\/[^/]+$/.test(path) && path !== "docs/README.md")
      .filter((path) => !index.includes(`](${path.slice("docs/".length)})`));
    expectNone(missing);
  });

  it("is in the table of entry points, every one that the library exports", () => {
    const manifest = JSON.parse(readFileSync(join(root, "packages/ebpf/package.json"), "utf8")) as {
      readonly exports: object;
    };
    const readme = read("README.md")!;
    const missing = Object.keys(manifest.exports)
      .filter((name) => name !== "./package.json")
      .map((name) => `ts-ebpf${name.slice(1)}`)
      .filter((name) => !new RegExp(`^\\|[^|]*\`${name}\`[^|]*\\|`, "m").test(readme));
    expectNone(missing);
  });

  it("is in the table of commands, every one", async () => {
    const commands = read("docs/commands.md")!.matchAll(/^- \[`ts-ebpf ([\w-]+)`\]/gm);
    const readme = read("README.md")!;
    const missing = [...commands]
      .map(({ [1]: name = "" }) => name)
      .filter((name) => !new RegExp(`^\\| \`${name}[\` ]`, "m").test(readme));
    expectNone(missing);
  });
});

describe("checkSections", () => {
  const check = (text: string, ...expected: readonly string[]): void =>
    assert.deepEqual(
      checkSections({ path: "docs/a.md", text }, (path) =>
        path === "docs/b.md" ? "# B\n\n## What, in `code`?\n" : undefined,
      ),
      expected,
    );

  it("finds links to sections that are not there", () => {
    check("# A\n\n[b](b.md#what-in-code) [here](#a) [far](https://x.org/#y) [file](c.ts#L1)\n");
    check("# A\n\n[b](#b)\n", "docs/a.md:3 links to #b, which is no section");
    check("# A\n[b](b.md#whats)\n", "docs/a.md:2 links to b.md#whats, which is no section");
  });

  it("finds sections that the contents leave out", () => {
    check("# A\n\n- [One](#one)\n\n## One\n\n### Part\n\n```sh\n## no heading\n```\n");
    check("- [One](#one)\n\n## One\n## Two\n", 'docs/a.md:4 the contents leave out "Two"');
    check("## One\n## Two\n");
  });
});
