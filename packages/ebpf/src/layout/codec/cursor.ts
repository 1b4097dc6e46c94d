/**
 * Cursors: structs read in place, field by field, when somebody looks.
 *
 * A cursor has one object with a getter for each field. Moving the cursor changes where the getters read, so going
 * through a thousand events makes no object at all, and a filter that looks at one field decodes one field. What the
 * object shows is gone with the next move; what shall stay is copied, or decoded with the layout's `read`.
 * @module
 */
import type { Layout, StructLayout, FieldLayouts, StructValue } from "../layout.ts";
import { ifAllowed } from "./compile.ts";
import { visibleFields } from "./padding.ts";
import { readExpression } from "./reader.ts";
import { beyond, Source, start, type Place } from "./source.ts";

/** A struct wherever the cursor stands. */
export interface Cursor<T> {
  /** Always the same object. Its fields, and those of structs in it, are read from memory on each access. */
  readonly fields: T;
  /**
   * Moves to `offset` bytes into `view` and returns {@link fields}.
   * Reading a field that lies outside of the view throws a `RangeError`.
   */
  readonly at: (view: DataView, offset: number) => T;
}

/**
 * A new cursor for the struct. It stands nowhere until `at` is called.
 *
 * ```ts
 * const exec = cursor(Exec);
 * for (const offset of offsets) if (exec.at(view, offset).pid === 1) found(exec.fields.comm);
 * ```
 */
export function cursor<Fields extends FieldLayouts>(
  layout: StructLayout<Fields>,
): Cursor<StructValue<Fields>> {
  let make = makers.get(layout);
  if (make === undefined) {
    make = ifAllowed(() => compileCursor(layout)) ?? (() => interpretCursor(layout));
    makers.set(layout, make);
  }
  return make() as Cursor<StructValue<Fields>>;
}

type MakeCursor = () => Cursor<object>;

const makers = new WeakMap<StructLayout, MakeCursor>();

/** Where a cursor stands; shared by the objects for the struct and the structs in it. */
interface Standing {
  view: DataView;
  offset: number;
}

/**
 * A maker of cursors with getters made for the struct.
 * @throws {EvalError} where code must not be made from text.
 */
export function compileCursor(layout: StructLayout): MakeCursor {
  const source = new Source();
  const name = fieldsClass(layout, start, source);
  const make = source.run(`return (standing) => new ${name}(standing);`);
  return () => cursorOver(make as (standing: Standing) => object);
}

/** A cursor whose getters look at the layout each time. */
export function interpretCursor(layout: StructLayout): Cursor<object> {
  return cursorOver((standing) => interpretFields(layout, standing, 0));
}

function cursorOver(make: (standing: Standing) => object): Cursor<object> {
  const standing: Standing = { view: new DataView(new ArrayBuffer(0)), offset: 0 };
  const fields = make(standing);
  const at = (view: DataView, offset: number): object => {
    standing.view = view;
    standing.offset = offset;
    return fields;
  };
  return Object.freeze({ fields, at });
}

/** Name of the class of objects with the getters. A struct inside is an object of its own, made with the outer one. */
// The getters are properties of the object itself, so that spreading and `JSON.stringify` see them, and all objects of
// the class share the functions, so that V8 takes them for alike. Getters in an object literal took ten times as long.
function fieldsClass(layout: StructLayout, place: Place, source: Source): string {
  return source.define((name) => {
    const getters: string[] = [];
    const properties = visibleFields(layout).map(([field, { offset, layout: part }]) => {
      const [quoted, fieldPlace] = [JSON.stringify(field), beyond(place, offset)];
      if (isStruct(part)) {
        const inner = fieldsClass(part, fieldPlace, source);
        return `${quoted}: { enumerable: true, value: new ${inner}(standing) }`;
      }
      getters.push(getter(quoted, readExpression(part, fieldPlace, source)));
      return `${quoted}: ${name}.#getters[${quoted}]`;
    });
    return `class ${name} {
  static #getters = {\n${getters.join(",\n")}\n};
  #standing;
  constructor(standing) {
    this.#standing = standing;
    Object.freeze(Object.defineProperties(this, { ${properties.join(", ")} }));
  }
}`;
  });
}

function getter(quotedName: string, value: string): string {
  const body = `const { view, offset } = this.#standing; return ${value};`;
  return `${quotedName}: { enumerable: true, get() { ${body} } }`;
}

function interpretFields(
  layout: StructLayout,
  standing: Readonly<Standing>,
  distance: number,
): object {
  const fields = {};
  for (const [name, { offset, layout: part }] of visibleFields(layout)) {
    const place = distance + offset;
    const property = isStruct(part)
      ? { value: interpretFields(part, standing, place) }
      : { get: (): unknown => part.read(standing.view, standing.offset + place) };
    Object.defineProperty(fields, name, { ...property, enumerable: true });
  }
  return Object.freeze(fields);
}

function isStruct(layout: Layout<unknown>): layout is StructLayout {
  return layout.kind === "struct";
}
