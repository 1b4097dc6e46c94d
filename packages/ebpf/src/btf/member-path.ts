/**
 * Paths to members, written as in C: `se.avg.load_sum`, `comm[3]`, `node[0].list.next`.
 *
 * A path is taken apart into steps here, and put together again for messages. Whether there are such members is for
 * others to say.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";

/** One step of a path: to a member of a struct, or to an element of an array. */
export type PathStep =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "element"; readonly index: number };

/** `.name` or `[3]`. Names may contain whatever other languages put there. */
const stepPattern = /\.(?<name>[^.[\]\s]+)|\[(?<index>\d{1,15})\]/y;

/**
 * The steps of `path`, of which there is at least one.
 * @throws InvalidArgumentError when it is not a path.
 */
export function parseMemberPath(path: string): readonly PathStep[] {
  const text = path.startsWith("[") ? path : `.${path}`;
  const steps: PathStep[] = [];
  let end = 0;
  while (end < text.length) {
    stepPattern.lastIndex = end;
    const found = stepPattern.exec(text)?.groups;
    if (found === undefined) throw badPath(path);
    end = stepPattern.lastIndex;
    steps.push(stepOf(found));
  }
  return steps;
}

/** The steps as a path again. */
export function formatMemberPath(steps: readonly PathStep[]): string {
  const text = steps.map((step) => (step.kind === "member" ? `.${step.name}` : `[${step.index}]`));
  return text.join("").replace(/^\./, "");
}

function stepOf({ name, index }: Readonly<Record<string, string | undefined>>): PathStep {
  return name === undefined ? { kind: "element", index: Number(index) } : { kind: "member", name };
}

function badPath(path: string): InvalidArgumentError {
  return new InvalidArgumentError(`"${path}" is not the path of a member`, {
    hint: 'write it as in C: "se.vruntime" or "comm[3]"',
  });
}
