/**
 * What documents refer to within pages is there: links to sections, and lists of contents that are whole.
 *
 * A heading's anchor is what GitHub makes of it: its words in lower case, joined by hyphens.
 * @module
 */
import { posix } from "node:path";
import { type Finding, lineAt, type TextFile } from "./tree.ts";

/** Links of `page` to sections that are not there, and sections that its contents leave out; `read` gives other pages. */
export function checkSections(
  page: TextFile,
  read: (path: string) => string | undefined,
): readonly Finding[] {
  return [...checkAnchors(page, read), ...checkContents(page)];
}

function checkAnchors(
  { path, text }: TextFile,
  read: (path: string) => string | undefined,
): Finding[] {
  return [...withoutCode(text).matchAll(/\]\((?!\w+:)([^)#\s]*)#([^)\s]+)\)/g)].flatMap(
    ({ index, [1]: target = "", [2]: part = "" }) => {
      const other = target === "" ? text : read(posix.join(posix.dirname(path), target));
      if (other === undefined || sectionsOf(other).some(({ anchor }) => anchor === part)) return [];
      return [`${path}:${lineAt(text, index)} links to ${target}#${part}, which is no section`];
    },
  );
}

/** A list of links to sections at the start of a page names all of its second level. */
function checkContents({ path, text }: TextFile): Finding[] {
  const listed = [...withoutCode(text).matchAll(/^- \[[^\]]*\]\(#([^)]+)\)/gm)].map(
    ({ [1]: part }) => part,
  );
  if (listed.length === 0) return [];
  return sectionsOf(text)
    .filter(({ level, anchor }) => level === 2 && !listed.includes(anchor))
    .map(({ title, line }) => `${path}:${line} the contents leave out "${title}"`);
}

/** A heading. */
interface Section {
  readonly level: number;
  readonly title: string;
  readonly anchor: string;
  readonly line: number;
}

function sectionsOf(text: string): readonly Section[] {
  return [...withoutCode(text).matchAll(/^(#{1,6}) (.+)$/gm)].map(
    ({ index, [1]: marks = "", [2]: title = "" }) => ({
      level: marks.length,
      title,
      anchor: anchorOf(title),
      line: lineAt(text, index),
    }),
  );
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

/** The text with fenced code blanked, so that offsets stay what they are. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, (code) => code.replaceAll(/[^\n]/g, " "));
}
