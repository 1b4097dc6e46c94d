/**
 * What the page shows beside the editor: instructions, maps, events, registers. Each function puts a view into its place.
 * @module
 */
import { byId, element, row } from "./elements.ts";
import type {
  KernelState,
  MapView,
  Problem,
  ProgramView,
  RunReport,
  StepView,
} from "./protocol.ts";

/** Shows the mistakes of the text; none takes them away. */
export function showProblems(problems: readonly Problem[]): void {
  const items = problems.map(({ line, message, hint }) => {
    const place = line === undefined ? "" : `line ${line}: `;
    return element("li", `${place}${message}${hint === undefined ? "" : `\n  hint: ${hint}`}`);
  });
  byId("problems", HTMLUListElement).replaceChildren(...items);
}

/** Shows the instructions of a program, each below its line of the text. */
export function showInstructions(program: ProgramView, text: string): void {
  const lines = text.split("\n");
  let shown: number | undefined;
  const items = program.instructions.flatMap(({ slot, line, text: instruction }) => {
    const item = element("li", instruction);
    item.dataset["slot"] = String(slot);
    item.dataset["line"] = String(line);
    if (line === undefined || line === shown) return [item];
    shown = line;
    const source = element("li", `${line}: ${lines[line - 1]?.trim() ?? ""}`, "line");
    source.dataset["line"] = String(line);
    return [source, item];
  });
  byId("instructions", HTMLOListElement).replaceChildren(...items);
}

/** Marks the instructions of a line. */
export function markLine(line: number | undefined): void {
  for (const item of byId("instructions", HTMLOListElement).children)
    item.classList.toggle("same", (item as HTMLElement).dataset["line"] === String(line));
}

/** Marks the instruction that is executed next. */
export function markSlot(slot: number | undefined): void {
  for (const item of byId("instructions", HTMLOListElement).children) {
    const isHere = slot !== undefined && (item as HTMLElement).dataset["slot"] === String(slot);
    item.classList.toggle("here", isHere);
    if (isHere) item.scrollIntoView({ block: "nearest" });
  }
}

/** Shows what a run came to. */
export function showRun({ verdict, problem, packet, executed }: RunReport): void {
  const ended = problem === undefined ? `returned ${verdict ?? "nothing"}` : problem.message;
  byId("verdict", HTMLOutputElement).value = `${ended} (${executed} instructions)`;
  byId("packet", HTMLOutputElement).value = packet === undefined ? "" : `packet: ${packet}`;
}

/** Shows what is in the kernel after a run. */
export function showState({ maps, events, printed }: KernelState): void {
  showMaps(maps);
  byId("events", HTMLOListElement).replaceChildren(
    ...events.map(({ ring, text }) => element("li", `${ring} ${text}`)),
  );
  byId("printed", HTMLPreElement).textContent = printed.join("\n");
}

/** Shows what is in the maps. */
export function showMaps(maps: readonly MapView[]): void {
  const tables = maps.map(({ name, type, rows }) => {
    const body =
      rows.length === 0 ? [row(["empty"])] : rows.map(({ key, value }) => row([key, value]));
    const table = element("table", [element("caption", `${name} (${type})`), ...body]);
    table.dataset["map"] = name;
    return table;
  });
  byId("maps", HTMLDivElement).replaceChildren(...tables);
}

/** Shows a place in a run. */
export function showStep({ position, total, line, registers, stack, maps }: StepView): void {
  const where = line === undefined ? "" : `, line ${line}`;
  const at = position === total ? "at the end" : `before instruction ${position + 1}`;
  byId("place", HTMLParagraphElement).textContent = `${at} of ${total}${where}`;
  byId("registers", HTMLTableElement).replaceChildren(
    ...registers.map(({ name, value, changed }) => row([name, value], changed ? "changed" : "")),
  );
  byId("stack", HTMLTableElement).replaceChildren(
    ...stack.map(({ place, bytes }) => row([place, bytes])),
  );
  showMaps(maps);
}
