import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMainThread } from "node:worker_threads";
import { captureFunction } from "./capture.ts";

type Callable = (...given: never[]) => unknown;

const limit: number = 16;
let changing = 1;
const wrap = <Fn>(_name: string, fn: Fn): Fn => fn;

const program = wrap(
  "x",
  (task: { pid: number }, { a, b = limit }: { a?: number; b?: number } = {}): number => {
    "use bpf";
    return task.pid + limit + changing + (a ?? b) + other(1);
  },
);

function other(value: number): number {
  "use bpf";
  return value;
}

function make(seed: number): (x: number) => number {
  const twice = seed * 2;
  if (seed > 0) {
    const changing = "inner";
    return (x) => {
      "use bpf";
      return x + seed + twice + changing.length;
    };
  }
  return () => 0;
}

describe("captureFunction, of a file as it is", () => {
  it("finds the function with its types, where it stands", () => {
    const { name, node, source } = captureFunction(program);
    assert.equal(name, "program");
    assert.equal(source.path, "src/capture/inspected.test.ts");
    assert.equal(node.type, "ArrowFunctionExpression");
    const text = source.text.slice(node.start, node.end);
    assert.match(text, /^\(\s*task: \{ pid: number \}/);
    assert.match(text, /other\(1\);\n *\}$/);
    assert.equal(node.returnType?.typeAnnotation.type, "TSNumberKeyword");
  });

  it("knows values of the file, of imports and of the realm", () => {
    const { scope } = captureFunction(program);
    assert.deepEqual(
      [scope.get("limit"), scope.get("other"), scope.get("Math")],
      [16, other, Math],
    );
    assert.equal(
      captureFunction(
        wrap("", () => {
          "use bpf";
          return isMainThread;
        }),
      ).scope.get("isMainThread"),
      isMainThread,
    );
    assert.deepEqual(
      ["limit", "wrap", "Math", "undefined", "nope", "task"].map((name) => scope.has(name)),
      [true, true, true, true, false, false],
    );
    assert.equal(scope.get("nope"), undefined);
  });

  it("asks for values again with every capture", () => {
    changing = 1;
    assert.equal(captureFunction(program).scope.get("changing"), 1);
    changing = 2;
    assert.equal(captureFunction(program).scope.get("changing"), 2);
    assert.equal(captureFunction(program).node, captureFunction(program).node);
  });

  it("captures functions that a function uses", () => {
    const used = captureFunction(program).scope.get("other") as Callable;
    const { name, node } = captureFunction(used);
    assert.deepEqual([name, node.type], ["other", "FunctionDeclaration"]);
  });

  it("keeps instances apart, and inner names from outer ones", () => {
    const [three, four] = [captureFunction(make(3)), captureFunction(make(4))];
    assert.deepEqual([three.scope.get("seed"), three.scope.get("twice")], [3, 6]);
    assert.deepEqual([four.scope.get("seed"), four.scope.get("twice")], [4, 8]);
    assert.equal(three.scope.get("changing"), "inner");
    assert.equal(three.scope.get("limit"), limit);
  });

  it("finds every form of function at its place", () => {
    const forms: readonly Callable[] = [
      function () {
        "use bpf";
        return limit;
      },
      async () => {
        "use bpf";
        return limit;
      },
      async function named() {
        "use bpf";
        return limit;
      },
      function* () {
        "use bpf";
        yield limit;
      },
      (x: number = ((y: number) => y)(1)) => {
        "use bpf";
        return x + limit;
      },
      (x) => {
        "use bpf";
        return [x, limit];
      },
      () => {
        "use bpf";
        return [limit];
      },
    ];
    const texts = forms.map((form) => {
      const { node, source } = captureFunction(form);
      return source.text.slice(node.start, node.end).replaceAll(/\s+/g, " ");
    });
    for (const [index, text] of texts.entries()) {
      const running = Function.prototype.toString.call(forms[index]).replaceAll(/\s+/g, "");
      assert.equal(text.replaceAll(/: number|\s/g, ""), running.replaceAll(/: number|\s/g, ""));
    }
    assert.equal(new Set(texts).size, forms.length);
  });

  it("finds functions of a text that is no file", () => {
    // eslint-disable-next-line typescript/no-implied-eval -- a function without a file is what is tested
    const fn = new Function("limit", `return (a) => { "use bpf"; return a + limit; }`)(
      5,
    ) as Callable;
    const { node, source, scope } = captureFunction(fn);
    assert.equal(
      source.text.slice(node.start, node.end),
      `(a) => { "use bpf"; return a + limit; }`,
    );
    assert.equal(scope.get("limit"), 5);
  });

  it("tells that a name has no value yet", () => {
    const { scope } = captureFunction(() => {
      "use bpf";
      return later;
    });
    assert.equal(scope.has("later"), true);
    assert.throws(() => scope.get("later"), {
      code: "CAPTURE_ERROR",
      message: `"later" has no value yet`,
    });
    const later = 1;
    void later;
  });

  it("leaves nothing behind", () => {
    const before = Reflect.ownKeys(globalThis);
    captureFunction(
      wrap("", () => {
        "use bpf";
      }),
    );
    assert.deepEqual(Reflect.ownKeys(globalThis), before);
  });
});

describe("captureFunction, of what is no program", () => {
  const check = (fn: unknown, message: RegExp, hint: RegExp): void => {
    assert.throws(
      () => captureFunction(fn as Callable),
      (error: { code: string; message: string; hint: string }) => {
        assert.equal(error.code, "CAPTURE_ERROR");
        assert.match(error.message, message);
        assert.match(error.hint, hint);
        return true;
      },
    );
  };
  const marked = (): string => {
    "use bpf";
    return "x";
  };
  it("asks for the mark", () => {
    check(wrap, /function "wrap" is not marked/, /make "use bpf" the first statement of its body/);
    check(() => "use bpf", /an anonymous function is not marked/, /use bpf/);
    check(
      () => {
        void 0;
        return () => {
          "use bpf";
        };
      },
      /not marked/,
      /use bpf/,
    );
  });
  it("names the ways for functions without a text", () => {
    check(
      Math.max,
      /"max": it is native or made by `bind`/,
      /ts-ebpf\/register.*ts-ebpf\/plugin.*ts-ebpf build/,
    );
    check(marked.bind(null), /"bound marked": it is native/, /ts-ebpf\/register/);
    check(new Proxy(marked, {}), /native/, /ts-ebpf\/register/);
  });
  it("rejects methods, accessors and classes", () => {
    const object = {
      m(this: void) {
        "use bpf";
      },
      get g() {
        "use bpf";
        return 1;
      },
    };
    check(object.m, /function "m" is a method/, /arrow function/);
    const accessor: object = Object.getOwnPropertyDescriptor(object, "g")!;
    check(Reflect.get(accessor, "get"), /"g" is a method/, /arrow function/);
    check(
      class K {
        m(): void {
          "use bpf";
        }
      },
      /"K" is a method or a class/,
      /arrow function/,
    );
  });
  it("rejects a function whose text was made up", () => {
    const fn = (): number => 1;
    fn.toString = () => `() => { "use bpf"; }`;
    check(fn, /not marked/, /use bpf/);
  });
});
