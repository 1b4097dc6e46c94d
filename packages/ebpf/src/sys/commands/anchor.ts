/**
 * Places among several programs at one attachment point (kernel/bpf/mprog.c), as flags and a descriptor or id.
 * @module
 */
import type { Anchor } from "../../kernel/commands.ts";
import type { HandleKind } from "../../kernel/handle.ts";
import { rawOf } from "../fd.ts";
import type { Member } from "../generated/attributes.ts";
import { attachFlagBits } from "../generated/constants.ts";
import type { KernelRecord } from "../call/record.ts";
import type { AttachType } from "../../spec/words.ts";
import { assertWord } from "../../base/arguments.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Requirement } from "../call/failure.ts";

/** Where in a struct the parts of an anchor go; descriptor and id share a place. */
export interface AnchorPlaces {
  readonly relativeFd: Member;
  readonly expectedRevision: Member;
}

/** What a kernel must have to take an anchor at a place: for control groups it came later than the places. */
export function anchorRequirements(
  attachType: AttachType,
  anchor: Anchor | undefined,
): readonly Requirement[] {
  if (anchor === undefined || !/^(cgroup|lsm_cgroup)/.test(attachType)) return [];
  return [{ feature: "an order of programs on control groups", since: [6, 17] }];
}

/** Stores an anchor and returns the flags that go with it. */
export function setAnchor(
  record: KernelRecord,
  places: AnchorPlaces,
  anchor: Anchor | undefined,
): number {
  if (anchor === undefined) return 0;
  const { place, expectedRevision } = anchor;
  if (place !== undefined) assertWord(place, ["before", "after"], "the place of an anchor");
  record.set(places.expectedRevision, expectedRevision);
  const before = place === "before" ? attachFlagBits.before : 0;
  const after = place === "after" ? attachFlagBits.after : 0;
  return before | after | setRelative(record, places, anchor);
}

function setRelative(record: KernelRecord, { relativeFd }: AnchorPlaces, anchor: Anchor): number {
  const { program, link } = anchor;
  if (program !== undefined && link !== undefined) {
    throw new InvalidArgumentError("an anchor is a program or a link, not both");
  }
  const relative = program ?? link;
  if (relative === undefined) return 0;
  const kind: HandleKind = link === undefined ? "program" : "link";
  const linkFlag = link === undefined ? 0 : attachFlagBits.link;
  if (typeof relative === "number") {
    record.set(relativeFd, relative);
    return linkFlag | attachFlagBits.id;
  }
  record.set(relativeFd, rawOf(relative, kind));
  return linkFlag;
}
