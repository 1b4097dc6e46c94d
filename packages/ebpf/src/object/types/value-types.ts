/**
 * Layouts as types of TypeScript: what their values are when they are read.
 *
 * Structs become interfaces, each written once however many maps hold it; two different structs of one name get two. What
 * values are is decided by layouts alone, so that declarations and decoders cannot say different things.
 * @module
 */
import { interfaceWords } from "../../btf/print/interface-names.ts";
import { Names } from "../../btf/print/names.ts";
import { propertyName } from "../../btf/print/typescript-type.ts";
import { sameLayout } from "../../layout/inspect.ts";
import {
  type AnyLayout,
  isAnyLayout,
  type Layout,
  type StructLayout,
} from "../../layout/layout.ts";
import { wholeRecord } from "../../layout/whole-record.ts";

/** An interface that stands for a struct. */
interface Declared {
  readonly name: string;
  readonly layout: StructLayout;
}

/** Types of values, and the interfaces they need. */
export class ValueTypes {
  readonly #names: Names;
  readonly #declared: Declared[] = [];

  /** No interface gets a name that is `taken`. */
  constructor(taken: readonly string[]) {
    this.#names = new Names(new Set([...interfaceWords, ...taken]));
  }

  /** The type of what `layout` reads. */
  of(layout: Layout<unknown>): string {
    if (Object.is(layout, wholeRecord)) return "Uint8Array";
    if (!isAnyLayout(layout)) return layout.size === 0 ? "undefined" : "unknown";
    const text = this.#texts[layout.kind] as (layout: AnyLayout) => string;
    return text(layout);
  }

  /** The interfaces of all structs asked for so far, and of those in them. */
  interfaces(): string {
    // Those of structs in structs are added on the way, and met too.
    const texts: string[] = [];
    for (const declared of this.#declared) texts.push(this.#textOf(declared));
    return texts.join("\n");
  }

  readonly #texts: {
    readonly [Kind in AnyLayout["kind"]]: (layout: Extract<AnyLayout, { kind: Kind }>) => string;
  } = {
    integer: ({ bits }) => (bits === 64 ? "bigint" : "number"),
    bool: () => "boolean",
    chars: () => "string",
    bytes: () => "Uint8Array",
    array: ({ element }) => `readonly ${this.#element(element)}[]`,
    struct: (layout) => this.#interfaceOf(layout),
    transform: ({ inner }) => this.of(inner),
    opaque: () => "undefined",
  };

  #element(layout: Layout<unknown>): string {
    const text = this.of(layout);
    return text.startsWith("readonly ") ? `(${text})` : text;
  }

  #interfaceOf(layout: StructLayout): string {
    const known = this.#declared.find(
      (each) => each.layout.tag === layout.tag && sameLayout(each.layout, layout),
    );
    if (known !== undefined) return known.name;
    const name = this.#names.take(layout.tag);
    this.#declared.push({ name, layout });
    return name;
  }

  #textOf({ name, layout }: Declared): string {
    const fields = Object.entries(layout.fields).filter(([, field]) => !isOpaque(field.layout));
    const lines = fields.map(
      ([field, { layout: of }]) => `  readonly ${propertyName(field)}: ${this.of(of)};\n`,
    );
    const open = `/** \`${layout.name}\`, ${layout.size} bytes. */\nexport interface ${name} {\n`;
    return `${open}${lines.join("")}}\n`;
  }
}

/** What user space never sees. */
function isOpaque({ kind }: Layout<unknown>): boolean {
  return kind === "opaque";
}
