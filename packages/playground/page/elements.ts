/**
 * Making elements of the page. Text is text, whoever wrote it: nothing is ever read as HTML.
 * @module
 */

/**
 * The element with an id.
 * @throws {TypeError} when the page has none, or it is of another kind.
 */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`the page has no ${kind.name} #${id}`);
}

/** An element with what is in it. */
export function element(
  name: string,
  content: string | readonly Node[] = [],
  className = "",
): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.append(...(typeof content === "string" ? [content] : content));
  return made;
}

/** A row of a table. */
export function row(cells: readonly string[], className = ""): HTMLElement {
  return element(
    "tr",
    cells.map((cell) => element("td", cell)),
    className,
  );
}

/** An option of a list to choose from. */
export function option(text: string, value: string = text): HTMLOptionElement {
  return new Option(text, value);
}
