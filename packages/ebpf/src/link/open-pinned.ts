/**
 * Opening links that are pinned, by this process or another one.
 * @module
 */
import { assertOptions, isName, isText } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { LinkInfo, LinkType } from "../kernel/link-info.ts";
import { IteratorLink } from "./iterator.ts";
import { Link } from "./link.ts";

/** Options of {@link openPinnedLink}. */
export interface OpenLinkOptions<Kind extends LinkType> {
  /** The kind of link it has to be; any when left out. */
  readonly kind?: Kind;
}

/** The live object for a kind of link. */
export type LinkOfKind<Kind extends LinkType> = [Kind] extends ["iter"] ? IteratorLink : Link;

/**
 * Opens the link pinned at `path`; the caller closes it, which leaves pin and attachment as they are. Removing the file
 * and closing the link ends the attachment, and so does `detach`. Minimum kernel 5.8.
 * @throws {NotFoundError} when nothing is there.
 * @throws {InvalidArgumentError} when it is no link, or not one of the kind that is asked for.
 * @throws {NotSupportedError} when it is of a kind this library does not know.
 */
export function openPinnedLink<Kind extends LinkType = LinkType>(
  kernel: Kernel,
  path: string,
  options: OpenLinkOptions<Kind> = {},
): LinkOfKind<Kind> {
  assertKernel(kernel);
  isName(path, "the path of a pinned link");
  assertOptions(options, { kind: isText }, "a pinned link");
  const { kind } = options;
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("objGet", { pathname: path, kind: "link" }));
  const found = kindOf(kernel, handle);
  if (kind !== undefined && found !== kind) {
    throw new InvalidArgumentError(`the link pinned at ${path} is of kind ${found}, not ${kind}`);
  }
  const link = linkOf(kernel, handle, `what is pinned at ${path}`);
  stack.move();
  return link as LinkOfKind<Kind>;
}

/** The live link that `handle` holds, which it owns from now on. `target` says in words what it is attached to. */
export function linkOf(kernel: Kernel, handle: Handle, target: string): Link {
  const hold = { kernel, kind: kindOf(kernel, handle), target, handle };
  return hold.kind === "iter" ? new IteratorLink(hold) : new Link(hold);
}

function kindOf(kernel: Kernel, object: Handle): LinkType {
  const { type } = kernel.bpf("objGetInfoByFd", { object }) as LinkInfo;
  if (isKnown(type)) return type;
  throw new NotSupportedError(`links of ${type} in this library`);
}

function isKnown(type: LinkInfo["type"]): type is LinkType {
  return !type.startsWith("type ");
}
