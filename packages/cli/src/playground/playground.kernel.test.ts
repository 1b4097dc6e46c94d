import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { type RunningCommand, startCommand } from "../testing/command.ts";

const chromium = "/usr/bin/chromium";
const deadlineMs = 120_000;

async function startPlayground(...words: readonly string[]): Promise<RunningCommand> {
  const command = startCommand(["playground", ...words]);
  await command.until(() => command.lines.length > 0);
  return command;
}

/** Status of a request to the page of `url` under another name of the host. */
function statusOf(url: string, host: string, method = "GET", path = "/"): Promise<number> {
  const { port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { host: "127.0.0.1", port, path, method, headers: { host } };
  request(options, (response) => {
    response.resume();
    resolve(response.statusCode!);
  })
    .on("error", reject)
    .end();
  return promise;
}

describe("ts-ebpf playground", () => {
  it("serves this machine alone, and ends with a signal", async () => {
    using command = await startPlayground("--json");
    const { url } = JSON.parse(command.lines[0]!) as { url: string };
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { host } = new URL(url);
    assert.equal(await statusOf(url, host), 200);
    assert.equal(await statusOf(url, "evil.example"), 403);
    assert.equal(await statusOf(url, host, "POST"), 405);
    assert.equal(await statusOf(url, host, "GET", "/../../etc/passwd"), 404);
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok);
  });

  it("says that a port is taken, and what is no port", async () => {
    using first = await startPlayground();
    const { port } = new URL(first.lines[0]!);
    using second = startCommand(["playground", "--port", port]);
    assert.equal(await second.ended, ExitCode.failed);
    assert.match(second.errors(), new RegExp(`port ${port} is taken`));
    using third = startCommand(["playground", "--port", "70000"]);
    assert.equal(await third.ended, ExitCode.usage);
  });
});

describe("the page", needs("chromium"), () => {
  let command: RunningCommand;
  let browser: Browser;
  let page: Page;
  const wrong: string[] = [];

  before(async () => {
    assert.ok(existsSync(chromium));
    command = await startPlayground();
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
    browser = await puppeteer.launch({ executablePath: chromium, args, timeout: deadlineMs });
    page = await browser.newPage();
    page.on("pageerror", (error) => void wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.setDefaultTimeout(deadlineMs);
    await page.setViewport({ width: 1400, height: 1200 });
    await page.goto(command.lines[0]!);
    await status("compiled");
  });

  after(async () => {
    await browser?.close();
    command?.[Symbol.dispose]();
  });

  const textOf = (selector: string): Promise<string> =>
    page.$eval(selector, (element) => element.textContent ?? "");

  /** Waits until what `selector` finds has a text. */
  async function shows(selector: string, expected: RegExp): Promise<void> {
    const { source } = expected;
    const hasIt = (selector: string, pattern: string): boolean => {
      const found = (
        globalThis as unknown as { document: { querySelector(selector: string): unknown } }
      ).document;
      const element = found.querySelector(selector) as {
        textContent?: string;
        value?: string;
      } | null;
      return new RegExp(pattern).test(`${element?.value ?? ""}${element?.textContent ?? ""}`);
    };
    await page.waitForFunction(hasIt, {}, selector, source).catch(async (cause: unknown) => {
      throw new Error(`${selector} shows: ${await textOf(selector)}`, { cause });
    });
  }

  const status = (text: string): Promise<void> => shows("#status", new RegExp(`^${text}$`));

  /** Replaces the text in the editor, as somebody who types. */
  async function write(text: string): Promise<void> {
    await page.focus(".cm-content");
    await page.keyboard.down("Control");
    await page.keyboard.press("a");
    await page.keyboard.up("Control");
    await page.keyboard.sendCharacter(text);
  }

  const lineOf = (text: string): Promise<number> =>
    page.$$eval(
      ".cm-line",
      (lines, text) => lines.findIndex((line) => line.textContent?.includes(text)) + 1,
      text,
    );

  /** Clicks into the column of breakpoints, beside the line that has a text. */
  async function clickBreakpoint(text: string): Promise<void> {
    const lines = await page.$$(".cm-line");
    const beside = await lines[(await lineOf(text)) - 1]!.boundingBox();
    const column = await (await page.$(".cm-breakpoints"))!.boundingBox();
    await page.mouse.click(column!.x + column!.width / 2, beside!.y + beside!.height / 2);
  }

  it("runs the program of the editor on a packet, and shows verdict, maps, events, printed", async () => {
    await page.select("#preset", 'ethernet().ipv4().udp({ destination: 53 }).payload("hello")');
    await page.click("#run");
    await shows("#verdict", /returned 1 XDP_DROP \(\d+ instructions\)/);
    await shows('[data-map="counts"]', /counts \(hash\)171$/);
    await shows("#events", /^dropped \{ source: 167772161, port: 53 \}$/);
    await shows("#printed", /^dropped 47 bytes$/);
    await page.click("#run");
    await shows('[data-map="counts"]', /172$/);
  });

  it("shows instructions beside the source", async () => {
    const line = await lineOf("counts.lookup");
    await shows("#instructions", new RegExp(`${line}: const seen = counts\\.lookup`));
    await page.click(`#instructions .line[data-line="${line}"]`);
    const marked = await page.$$eval("#instructions .same", (items) =>
      items.map((item) => item.textContent ?? ""),
    );
    assert.ok(
      marked.some((text) => /call/.test(text)),
      marked.join("\n"),
    );
  });

  it("goes through the run by lines, on and back", async () => {
    await page.click('[data-move="restart"]');
    await shows("#place", /before instruction 1 of/);
    const first = await textOf(".cm-here");
    await page.click('[data-move="line"]');
    await shows("#place", /before instruction (?!1 )\d+ of/);
    const second = await textOf(".cm-here");
    assert.notEqual(second, first);
    assert.equal((await page.$$("#registers tr")).length, 11);
    await page.click('[data-move="back-line"]');
    await shows("#place", /before instruction 1 of/);
    assert.equal(await textOf(".cm-here"), first);
    await page.click('[data-move="end"]');
    await shows("#place", /at the end/);
  });

  it("stops at a breakpoint, with the map as it was then", async () => {
    const line = await lineOf("printk`");
    await clickBreakpoint("printk`");
    await page.click("#run");
    await shows("#place", new RegExp(`before instruction \\d+ of \\d+, line ${line}$`));
    await shows(".cm-here", /printk/);
    await clickBreakpoint("printk`");
  });

  it("stops where something that is watched changes", async () => {
    await page.type("#watch", "counts");
    await page.click('[data-move="restart"]');
    await page.click('[data-move="resume"]');
    await shows(".cm-here", /if \(ip\.protocol !== 17\)/);
    await shows('[data-map="counts"]', /counts \(hash\)17[1-9]$/);
  });

  it("shows mistakes at their place, and what was right runs again afterwards", async () => {
    const head = 'import { xdp } from "ts-ebpf";\n';
    await write(`${head}export const p = xdp(() => {\n  "use bpf";\n  return nothing;\n});\n`);
    await status("there are mistakes");
    await shows("#problems", /line 4: "nothing" is not defined/);
    assert.match(await textOf(".cm-lintRange-error"), /^nothing/);
    await write(`${head}export const p = xdp((context) => {\n  "use bpf";\n  return 3;\n});\n`);
    await status("compiled");
    await page.click("#run");
    await shows("#verdict", /returned 3 XDP_TX/);
  });

  it("lives on when a text never ends", async () => {
    await write("for (;;);\n");
    await shows("#status", /nothing came back/);
    await page.select("#sample", "a loop to step through");
    await status("compiled");
    await page.click("#run");
    await shows('[data-map="sums"]', /\[0, 1, 5, 14\]/);
  });

  it("reports nothing to the console", () => assert.deepEqual(wrong, []));
});
