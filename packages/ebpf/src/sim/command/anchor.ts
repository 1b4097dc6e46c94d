/**
 * Places among several programs (kernel/bpf/mprog.c).
 * @module
 */
import { errno } from "../../kernel/errno.ts";
import type { Anchor } from "../../kernel/commands.ts";
import type { Attachment } from "../attach/attachments.ts";
import { SimulatedLink } from "../attach/simulated-link.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { objectOf } from "../object.ts";
import { SimulatedProgram } from "../program.ts";

/** What a new program goes before, or nothing: behind all; a negated errno when what the anchor names is not there. */
export function anchored(
  core: Core,
  at: string,
  anchor: Anchor | undefined,
): { readonly before: Attachment | undefined } | number {
  if (anchor === undefined) return { before: undefined };
  const { place, program, link, expectedRevision = 0n } = anchor;
  if (expectedRevision !== 0n && expectedRevision !== core.attachments.revision(at))
    return -errno.ESTALE;
  const there = core.attachments.at(at);
  if (program === undefined && link === undefined)
    return { before: place === "before" ? there[0] : undefined };
  const index = there.findIndex((it) => isMeant(it, anchor));
  if (index === -1) return failed.noEntry;
  return { before: there[place === "before" ? index : index + 1] };
}

function isMeant({ program, linkId }: Attachment, anchor: Anchor): boolean {
  if (anchor.link !== undefined) {
    return (
      linkId ===
      (typeof anchor.link === "number" ? anchor.link : objectOf(anchor.link, SimulatedLink).id)
    );
  }
  const wanted = anchor.program!;
  return (
    program.id === (typeof wanted === "number" ? wanted : objectOf(wanted, SimulatedProgram).id)
  );
}
