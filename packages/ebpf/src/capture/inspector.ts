/**
 * What V8 knows about a function: where it stands in which script, and the variables around it.
 *
 * Asked through an inspector session of this thread with itself, which answers at once and opens no port. The session is
 * closed at the end of the turn, since an engine that is being debugged keeps more than it must. Which text belongs to
 * the script on disk is not looked at here.
 * @module
 */
import type { Session } from "node:inspector";
import { CaptureError } from "./capture-error.ts";

/** Where a function stands. */
export interface ScriptPlace {
  /** What the script was loaded from: mostly a `file:` URL. */
  readonly url: string;
  /** The text that runs, types stripped. */
  readonly script: string;
  /** Lines and columns (UTF-16) count from 0; the place is in the head of the function. */
  readonly line: number;
  readonly column: number;
}

/** The variables of one scope around a function, as they were when asked. Reading one that has no value yet throws. */
export type Variables = Readonly<Record<string, unknown>>;

/**
 * Where `fn` stands in its script; `undefined` for functions that have no script: native and bound ones.
 * @throws {CaptureError} The inspector is forbidden here, or missing.
 */
export function placeOf(fn: Callable): ScriptPlace | undefined {
  const session = openSession();
  const location = session.internals(fn).get("[[FunctionLocation]]")?.value as Location | undefined;
  if (location === undefined) return undefined;
  const { scriptId, lineNumber, columnNumber } = location;
  return {
    url: session.urlOf(scriptId),
    script: session.textOf(scriptId),
    line: lineNumber,
    column: columnNumber ?? 0,
  };
}

/**
 * The scopes around `fn`, the nearest first, without the global one.
 * @throws {CaptureError} The inspector is forbidden here, or missing.
 */
export function variablesAround(fn: Callable): readonly Variables[] {
  const session = openSession();
  const scopes = session.internals(fn).get("[[Scopes]]")?.objectId;
  return scopes === undefined ? [] : session.scopes(scopes);
}

type Callable = (...given: never[]) => unknown;

/** Of the inspector protocol's `Debugger.Location`. */
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

/** Of the inspector protocol's `Runtime.RemoteObject`. */
interface RemoteObject {
  readonly objectId?: string;
  readonly value?: unknown;
}

interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}

/** What an entry of `[[Scopes]]` is on our side. */
interface ScopeEntry {
  readonly description: string;
  readonly object: Variables;
}

let current: ScriptSession | undefined;

/** The session of this turn. */
function openSession(): ScriptSession {
  if (current !== undefined) return current;
  const opened = new ScriptSession(connect());
  setImmediate(() => {
    current = undefined;
    opened.close();
  });
  current = opened;
  return opened;
}

function connect(): Session {
  const inspector = process.getBuiltinModule("node:inspector") as
    | typeof import("node:inspector")
    | undefined;
  if (inspector === undefined) throw new CaptureError("this node is built without its inspector");
  try {
    const session = new inspector.Session();
    session.connect();
    return session;
  } catch (cause) {
    throw new CaptureError(refusal(cause), { cause });
  }
}

function refusal(cause: unknown): string {
  if ((cause as { code?: unknown }).code === "ERR_ACCESS_DENIED")
    return "node was started with --permission, which forbids the inspector (--allow-inspector allows it)";
  return "node's inspector cannot be used here";
}

/** Global property through which a value goes into the session; it is there for one request. */
const handover = Symbol.for("ts-ebpf:handover");

/** A session that has seen all scripts. */
class ScriptSession {
  readonly #session: Session;
  readonly #urls = new Map<string, string>();

  constructor(session: Session) {
    this.#session = session;
    session.on("Debugger.scriptParsed", ({ params }) =>
      this.#urls.set(params.scriptId, params.url),
    );
    this.#ask("Debugger.enable");
  }

  close(): void {
    this.#session.disconnect();
  }

  urlOf(scriptId: string): string {
    return this.#urls.get(scriptId) ?? "";
  }

  textOf(scriptId: string): string {
    const { scriptSource } = this.#ask("Debugger.getScriptSource", { scriptId });
    return scriptSource as string;
  }

  /** The internal properties of a value: where it stands, its scopes. */
  internals(value: unknown): ReadonlyMap<string, RemoteObject> {
    const { objectId } = this.#toRemote(value);
    const { internalProperties } = this.#ask("Runtime.getProperties", {
      objectId,
      ownProperties: true,
    });
    const listed = (internalProperties ?? []) as readonly Property[];
    return new Map(listed.map(({ name, value }) => [name, value ?? {}]));
  }

  scopes(objectId: string): readonly Variables[] {
    const { result } = this.#ask("Runtime.getProperties", { objectId, ownProperties: true });
    const scopes: Variables[] = [];
    for (const { value } of result as readonly Property[]) {
      if (value?.objectId === undefined) continue;
      const entry = this.#fromRemote(value.objectId) as ScopeEntry;
      if (entry.description !== "Global") scopes.push(entry.object);
    }
    return scopes;
  }

  #toRemote(value: unknown): RemoteObject {
    const here = globalThis as { [handover]?: unknown };
    here[handover] = value;
    try {
      const expression = 'globalThis[Symbol.for("ts-ebpf:handover")]';
      const { result } = this.#ask("Runtime.evaluate", { expression });
      const remote = result as RemoteObject;
      if (remote.objectId !== undefined) return remote;
      throw new CaptureError("this code runs in a context of node:vm, where nothing is inspected");
    } finally {
      delete here[handover];
    }
  }

  #fromRemote(objectId: string): unknown {
    const box: { value?: unknown } = {};
    this.#ask("Runtime.callFunctionOn", {
      objectId: this.#toRemote(box).objectId,
      functionDeclaration: "function (value) { this.value = value; }",
      arguments: [{ objectId }],
    });
    return box.value;
  }

  /** Sends a request; the answer comes before `post` returns, since both ends are on this thread. */
  #ask(method: string, given: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    let answer: { error: Error | null; result?: object } | undefined;
    this.#session.post(
      method,
      given,
      (error, result) => (answer = { error, result: result ?? {} }),
    );
    if (answer === undefined || answer.error !== null)
      throw new CaptureError(`node's inspector did not answer ${method}`, { cause: answer?.error });
    return answer.result as Record<string, unknown>;
  }
}
