/**
 * The editor: TypeScript with marks for mistakes, breakpoints at the side, and the line that a run stands at.
 *
 * Nothing here knows programs; lines are numbers from 1 up, as everywhere in the page.
 * @module
 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import {
  bracketMatching,
  defaultHighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  gutter,
  GutterMarker,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import type { Problem } from "./protocol.ts";

/** What the editor tells. */
export interface EditorEvents {
  /** The text is another one. */
  readonly onChange: (text: string) => void;
  /** Ctrl+Enter. */
  readonly onRun: () => void;
  /** The cursor went to another line. */
  readonly onLine: (line: number) => void;
}

/** An editor on a page. */
export class Editor {
  readonly #view: EditorView;

  constructor(parent: Element, { onChange, onRun, onLine }: EditorEvents) {
    const run = { key: "Mod-Enter", run: () => (onRun(), true) };
    const listen = EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
      if (docChanged) onChange(state.doc.toString());
      if (selectionSet) onLine(state.doc.lineAt(state.selection.main.head).number);
    });
    this.#view = new EditorView({
      parent,
      extensions: [
        breakpointGutter,
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        syntaxHighlighting(defaultHighlightStyle),
        javascript({ typescript: true }),
        EditorState.tabSize.of(2),
        here,
        keymap.of([run, indentWithTab, ...defaultKeymap, ...historyKeymap]),
        listen,
      ],
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  set text(text: string) {
    const { doc } = this.#view.state;
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
  }

  /** Lines with a breakpoint. */
  get breakpoints(): readonly number[] {
    const { doc } = this.#view.state;
    const lines: number[] = [];
    const marks = this.#view.state.field(breakpoints);
    marks.between(0, doc.length, (from) => void lines.push(doc.lineAt(from).number));
    return lines;
  }

  /** Sets a breakpoint at a line, or takes it away. */
  toggleBreakpoint(line: number): void {
    toggle(this.#view, this.#view.state.doc.line(line).from);
  }

  /** Marks what is wrong; nothing when there are no problems. */
  showProblems(problems: readonly Problem[]): void {
    const marks = problems.flatMap((problem) => this.#mark(problem));
    this.#view.dispatch(setDiagnostics(this.#view.state, marks));
  }

  #mark({ line, column, message, hint }: Problem): readonly Diagnostic[] {
    const { doc } = this.#view.state;
    if (line === undefined || line > doc.lines) return [];
    const { from, to } = doc.line(line);
    const start = Math.min(from + column - 1, to);
    const text = hint === undefined ? message : `${message}\n${hint}`;
    return [{ from: start, to: Math.max(start, to), severity: "error", message: text }];
  }

  /** Marks the line that is executed next, and shows it; none when undefined. */
  showHere(line: number | undefined): void {
    const { doc } = this.#view.state;
    const from = line === undefined || line > doc.lines ? undefined : doc.line(line).from;
    const scroll = from === undefined ? [] : EditorView.scrollIntoView(from);
    this.#view.dispatch({ effects: [setHere.of(from), ...[scroll].flat()] });
  }
}

const setHere = StateEffect.define<number | undefined>();
const hereLine = Decoration.line({ class: "cm-here" });

const here = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, { effects, changes }) => {
    const moved = marks.map(changes);
    const effect = effects.find((one) => one.is(setHere));
    if (effect === undefined) return moved;
    const at = effect.value;
    return at === undefined ? Decoration.none : Decoration.set([hereLine.range(at)]);
  },
  provide: (field) => EditorView.decorations.from(field),
});

class BreakpointMarker extends GutterMarker {
  override toDOM(): Text {
    return document.createTextNode("●");
  }
}

const marker = new BreakpointMarker();
const toggleAt = StateEffect.define<{ readonly at: number; readonly on: boolean }>({
  map: ({ at, on }, changes) => ({ at: changes.mapPos(at), on }),
});

const breakpoints = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update: (marks, { effects, changes }) => {
    let updated = marks.map(changes);
    for (const effect of effects) {
      if (!effect.is(toggleAt)) continue;
      const { at, on } = effect.value;
      updated = on
        ? updated.update({ add: [marker.range(at)] })
        : updated.update({ filter: (from) => from !== at });
    }
    return updated;
  },
});

function toggle(view: EditorView, at: number): void {
  let on = true;
  view.state.field(breakpoints).between(at, at, () => {
    on = false;
  });
  view.dispatch({ effects: toggleAt.of({ at, on }) });
}

const breakpointGutter = [
  breakpoints,
  gutter({
    class: "cm-breakpoints",
    markers: (view) => view.state.field(breakpoints),
    initialSpacer: () => marker,
    domEventHandlers: {
      mousedown: (view, line) => {
        toggle(view, line.from);
        return true;
      },
    },
  }),
  EditorView.baseTheme({ ".cm-breakpoints .cm-gutterElement": { color: "var(--wrong)" } }),
];
