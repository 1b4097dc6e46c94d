/**
 * Random functions, compiled and run by the running kernel, against the interpreter.
 *
 * `EBPF_FUZZ_FUNCTIONS` says how many (200 when not set), `EBPF_FUZZ_SEED` where to start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { add, mov } from "../../asm/alu.ts";
import { assemble } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { jne } from "../../asm/jump.ts";
import { st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { viewOf } from "../../base/bytes.ts";
import { encode } from "../../isa/encode.ts";
import { format } from "../../isa/format.ts";
import { r0, r1, r10, r2 } from "../../isa/register.ts";
import type { ProgLoad } from "../../kernel/commands.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { ElementAccess } from "../../kernel/kernel.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import type { IrFunction } from "../ir/function.ts";
import { interpret, PlainMemory } from "../ir/interpret.ts";
import { printFunction } from "../ir/print.ts";
import {
  contextBytes,
  generateFunction,
  inputBytes,
  mapName,
  mapValueBytes,
  Random,
} from "../ir/testing-generator.ts";
import { verifyFunction } from "../ir/verify.ts";
import { compileFunction, type CompileFunctionOptions } from "./compile-function.ts";
import type { EmittedFunction } from "./emit.ts";

const usable = needs("bpf");
const contextMapName = "context";
/** Puts the address of the map's element into `r1`, where functions have their context. */
const takeContext = assemble([
  [st("u32", r10, -4, 0), mov(r2, r10), add(r2, -4), loadMap(r1, contextMapName)],
  [call("map_lookup_elem"), jne(r0, 0, 2), mov(r0, 0), exit(), mov(r1, r0)],
]);
const functions = Number(process.env["EBPF_FUZZ_FUNCTIONS"] ?? 200);
const firstSeed = Number(process.env["EBPF_FUZZ_SEED"] ?? 1);
const inputsPerFunction = 8;

/** What a run is given. */
interface Input {
  readonly context: Uint8Array;
  readonly element: Uint8Array;
}

/** What a run left behind. */
interface Outcome extends Input {
  readonly returned: number;
}

/** How the functions of one test are compiled, and what they use. */
interface Setting extends CompileFunctionOptions {
  readonly memory: Memory;
}

/** The element that a function looks up, and its context where that is an element as well. */
interface Memory {
  readonly maps: readonly Handle[];
  readonly element: ElementAccess;
  readonly context: ElementAccess;
}

describe("compileFunction, against the kernel", usable, () => {
  const kernel = openNativeKernel();
  /** Programs whose context is memory that is given (5.14); before, an element of a map stands for it. */
  const hasSyscalls = isAtLeast(kernel.version, [5, 14]);
  const atomics: "all" | "add" = isAtLeast(kernel.version, [5, 12]) ? "all" : "add";

  const modes: readonly (CompileFunctionOptions & { readonly title: string })[] = [
    { title: "without passes, ISA v3", optimize: "none", isaVersion: 3, debug: true },
    { title: "with all passes, ISA v3", optimize: "full", isaVersion: 3, debug: true },
    { title: "with all passes, ISA v4", optimize: "full", isaVersion: 4, debug: true },
    { title: "with all passes, ISA v2", optimize: "full", isaVersion: 2, debug: true },
    { title: "without passes, ISA v1", optimize: "none", isaVersion: 1, debug: true },
    { title: "with all passes, ISA v1", optimize: "full", isaVersion: 1, debug: true },
  ];
  for (const { title, ...options } of modes) {
    const runs = options.isaVersion === 4 ? needsLinux(6, 6) : {};
    it(`agrees with the interpreter ${title}`, runs, () => {
      using maps = new DisposableStack();
      const element = makeElement(maps, mapName, mapValueBytes);
      const context = makeElement(maps, contextMapName, contextBytes);
      const memory = {
        maps: [element.map, context.map],
        element: element.access,
        context: context.access,
      };
      let [instructions, tooComplex] = [0, 0];
      for (let seed = firstSeed; seed < firstSeed + functions; seed++) {
        const length = checkSeed(seed, { memory, ...options });
        if (length === undefined) tooComplex += 1;
        else instructions += length;
      }
      assert.ok(tooComplex <= functions / 50, `${tooComplex} functions are too complex`);
      process.stdout.write(`# ${title}: ${instructions} instructions, ${tooComplex} too complex\n`);
    });
  }

  /**
   * Compares one function on several inputs; returns how many instructions it has, or nothing when it is fine but
   * takes the verifier more steps than it is willing to do.
   */
  function checkSeed(seed: number, { memory, ...options }: Setting): number | undefined {
    const generated = { signedDivision: options.isaVersion === 4, atomics };
    const written = generateFunction(seed, generated);
    verifyFunction(written, "generating");
    const emitted = compileFunction(generateFunction(seed, generated), options);
    using prog = load(seed, emitted, memory.maps);
    if (prog === undefined) return undefined;
    const random = new Random(seed);
    for (let count = 0; count < inputsPerFunction; count++) {
      const input = {
        context: randomContext(random),
        element: randomNumbers(random, mapValueBytes),
      };
      const expected = oracle(written, input);
      const found = runInKernel(prog, memory, input);
      if (!isSame(found, expected)) {
        const about = `${printFunction(written)}\n${format(emitted.instructions)}`;
        assert.fail(`seed ${seed}: ${inspect(found)} instead of ${inspect(expected)}\n${about}`);
      }
    }
    return emitted.instructions.length;
  }

  /** Loads a function, or nothing when the verifier had too many steps to do. */
  function load(
    seed: number,
    { instructions }: EmittedFunction,
    maps: readonly Handle[],
  ): Handle | undefined {
    const whole = hasSyscalls ? instructions : [...takeContext, ...instructions];
    const attributes: ProgLoad = {
      ...(hasSyscalls
        ? { progType: "syscall", progFlags: ["sleepable"] }
        : { progType: "raw_tracepoint" }),
      insns: encode(whole, { map: (name) => [mapName, contextMapName].indexOf(name) }),
      maps,
      license: "GPL",
    };
    try {
      return kernel.bpf("progLoad", attributes);
    } catch (error) {
      const log = logOf(attributes);
      if (log.includes("BPF program is too large. Processed")) return undefined;
      return assert.fail(`seed ${seed} is rejected: ${inspect(error)}\n${log}`);
    }
  }

  /** The end of what the verifier says to a function that it rejects. */
  function logOf(attributes: ProgLoad): string {
    const buffer = new Uint8Array(1 << 20);
    const log = { level: 1, buffer } as const;
    assert.throws(() => kernel.bpf("progLoad", { ...attributes, log }));
    return new TextDecoder().decode(buffer).replace(/\0.*$/s, "").slice(-3000);
  }

  function runInKernel(prog: Handle, memory: Memory, input: Input): Outcome {
    const context = input.context.slice();
    store(memory.element, input.element);
    store(memory.context, context);
    const { retval } = kernel.bpf("progTestRun", hasSyscalls ? { prog, ctxIn: context } : { prog });
    const element = fetch(memory.element);
    return { returned: retval, context: hasSyscalls ? context : fetch(memory.context), element };
  }

  function makeElement(
    maps: DisposableStack,
    name: string,
    valueSize: number,
  ): { readonly map: Handle; readonly access: ElementAccess } {
    const shape = { keySize: 4, valueSize };
    const map = maps.use(kernel.bpf("mapCreate", { mapType: "array", maxEntries: 1, ...shape }));
    return { map, access: kernel.openElements(map, { name, ...shape }) };
  }
});

function store(elements: ElementAccess, value: Uint8Array): void {
  elements.key.fill(0);
  elements.value.set(value);
  elements.update("any");
}

function fetch(elements: ElementAccess): Uint8Array {
  assert.ok(elements.lookup("plain"));
  return elements.value.slice();
}

function oracle(fn: IrFunction, input: Input): Outcome {
  const [context, element] = [input.context.slice(), input.element.slice()];
  const memory = new PlainMemory();
  const [contextAddress, elementAddress] = [memory.add(context), memory.add(element)];
  const returned = interpret(fn, [contextAddress], {
    memory,
    mapAddress: () => 1n,
    call: (callee, [, key]) => {
      if (callee.name !== "map_lookup_elem") return 0n;
      return memory.read(key!, 4) === 0n ? elementAddress : 0n;
    },
  });
  return { returned: Number(BigInt.asUintN(32, returned)), context, element };
}

function randomContext(random: Random): Uint8Array {
  const context = new Uint8Array(contextBytes);
  context.set(randomNumbers(random, inputBytes));
  return context;
}

function randomNumbers(random: Random, bytes: number): Uint8Array {
  const numbers = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 8) viewOf(numbers).setBigInt64(at, random.number(), true);
  return numbers;
}

function isSame(left: Outcome, right: Outcome): boolean {
  return (
    left.returned === right.returned &&
    Buffer.compare(left.context, right.context) === 0 &&
    Buffer.compare(left.element, right.element) === 0
  );
}
