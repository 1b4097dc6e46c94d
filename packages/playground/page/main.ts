/**
 * The page: puts editor, worker and views together.
 *
 * A text is compiled when nobody has typed for a moment. Compiling and running are asked one after the other; an answer to a
 * text that has changed meanwhile is still right about what is loaded, as the next one follows.
 * @module
 */
import { Editor } from "./editor.ts";
import { byId, option } from "./elements.ts";
import { presets } from "./presets.ts";
import type { Compiled, Move, ProgramView, RunReport, StepView } from "./protocol.ts";
import {
  markLine,
  markSlot,
  showInstructions,
  showMaps,
  showProblems,
  showRun,
  showState,
  showStep,
} from "./views.ts";
import { WorkerClient } from "./worker-client.ts";

/** Files of samples that are served along, by what the page calls them. */
const samples: Readonly<Record<string, string>> = {
  "count packets": "count-packets.ts",
  "a loop to step through": "add-numbers.ts",
};

/** Time without typing after which a text is compiled. */
const pauseMs = 300;

const worker = new WorkerClient("worker.js");
const programs = byId("program", HTMLSelectElement);
const preset = byId("preset", HTMLSelectElement);
const input = byId("input", HTMLTextAreaElement);
const status = byId("status", HTMLSpanElement);

let loaded: Compiled | undefined;
let compiling: Promise<void> = Promise.resolve();
let timer: ReturnType<typeof setTimeout> | undefined;

const editor = new Editor(byId("editor", HTMLDivElement), {
  onChange: () => {
    clearTimeout(timer);
    status.textContent = "changed";
    timer = setTimeout(compile, pauseMs);
  },
  onRun: () => void run(),
  onLine: markLine,
});

/** Compiles what is in the editor. */
function compile(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  compiling = told(async () => {
    const text = editor.text;
    const reply = await worker.ask({ kind: "compile", text });
    const problems = reply.kind === "refused" ? reply.problems : [];
    editor.showProblems(problems);
    showProblems(problems);
    status.textContent = reply.kind === "refused" ? "there are mistakes" : "compiled";
    if (reply.kind === "compiled") showCompiled(reply, text);
  });
  return compiling;
}

function showCompiled(reply: Compiled, text: string): void {
  loaded = reply;
  const chosen = programs.value;
  programs.replaceChildren(
    ...reply.programs.map(({ name, type }) => option(`${name} (${type})`, name)),
  );
  if (reply.programs.some(({ name }) => name === chosen)) programs.value = chosen;
  showState(reply.state);
  chooseProgram(text);
}

function chosenProgram(): ProgramView | undefined {
  return loaded?.programs.find(({ name }) => name === programs.value);
}

function chooseProgram(text: string = editor.text): void {
  const program = chosenProgram();
  if (program === undefined) return;
  showInstructions(program, text);
  const texts = presets[program.input];
  if (preset.dataset["kind"] === program.input) return;
  preset.dataset["kind"] = program.input;
  preset.replaceChildren(...Object.entries(texts).map(([name, value]) => option(name, value)));
  input.value = preset.value;
}

/** Runs the chosen program, and stands at its first breakpoint, or at its end. */
async function run(): Promise<void> {
  if (timer !== undefined) void compile();
  await compiling;
  const program = chosenProgram();
  if (program === undefined) return;
  await told(async () => {
    const report = await worker.ask({ kind: "run", program: program.name, input: input.value });
    showReport(report);
    await move("end");
    if (editor.breakpoints.length === 0) return;
    await move("restart");
    await move("resume");
  });
}

function showReport(report: RunReport): void {
  showRun(report);
  showState(report.state);
  const { problem } = report;
  const problems = problem === undefined ? [] : [problem];
  editor.showProblems(problems);
  showProblems(problems);
}

async function move(to: Move): Promise<void> {
  const step = await worker.ask({
    kind: "move",
    move: to,
    lines: editor.breakpoints,
    watch: watched(),
  });
  showPlace(step);
}

/** Registers and maps that are written into the field for them. */
function watched(): readonly string[] {
  return byId("watch", HTMLInputElement)
    .value.split(/[\s,]+/)
    .filter((name) => name !== "");
}

function showPlace(step: StepView): void {
  showStep(step);
  editor.showHere(step.line);
  markSlot(step.slot);
  showMaps(step.maps);
}

async function showSample(): Promise<void> {
  const response = await fetch(samples[sample.value]!);
  editor.text = await response.text();
}

/** Says what goes wrong with the page itself, a program that does not end for example. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    status.textContent = String(error);
    loaded = undefined;
  }
}

const sample = byId("sample", HTMLSelectElement);
sample.replaceChildren(...Object.keys(samples).map((name) => option(name)));
sample.addEventListener("change", () => void told(showSample));
programs.addEventListener("change", () => chooseProgram());
preset.addEventListener("change", () => {
  input.value = preset.value;
});
byId("run", HTMLButtonElement).addEventListener("click", () => void run());
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-move]"))
  button.addEventListener("click", () => void told(() => move(button.dataset["move"] as Move)));
byId("instructions", HTMLOListElement).addEventListener("click", ({ target }) => {
  const line = (target as HTMLElement).dataset["line"];
  markLine(line === undefined ? undefined : Number(line));
});

await told(showSample);
await compile();
