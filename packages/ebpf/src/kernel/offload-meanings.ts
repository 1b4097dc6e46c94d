/**
 * What refusals mean of what shall be on a network card: programs, maps and filters.
 *
 * A driver that has no such card, or one that cannot do it, answers EINVAL or EOPNOTSUPP and tells no reason
 * (kernel/bpf/offload.c).
 * @module
 */
import type { MapCreate, ProgLoad } from "./commands.ts";
import type { Meaning, Meanings, Requirement } from "./failure.ts";

/** What is meant where a program is for one interface alone. */
export function programOffloadMeanings({
  progType,
  progIfindex,
  progFlags = [],
}: ProgLoad): Meanings {
  if (progIfindex === undefined) return {};
  if (progFlags.includes("xdp_dev_bound_only")) {
    return refusedWith({
      feature: `programs that are for interface ${progIfindex} alone`,
      hint: 'its driver tells programs nothing; leave out device "metadata"',
    });
  }
  const elsewhere = progType === "xdp" ? "in the driver" : "in the kernel";
  return refusedWith({
    feature: `running programs on the card of interface ${progIfindex}`,
    hint: `few cards can; leave out device "offload" to run it ${elsewhere}`,
  });
}

/** What is meant where a map is on a card. */
export function mapOffloadMeanings({ mapIfindex }: MapCreate): Meanings {
  if (mapIfindex === undefined) return {};
  return refusedWith({
    feature: `maps on the card of interface ${mapIfindex}`,
    hint: "few cards can, and only for programs that run on them; leave out offloadTo to keep it in the kernel",
  });
}

/** Since when maps can be on a card. */
export function mapOffloadRequirements({ mapIfindex }: MapCreate): readonly Requirement[] {
  return mapIfindex === undefined ? [] : [{ feature: "maps on network cards", since: [4, 16] }];
}

/** What it means that a filter, which runs only on a card, is not supported at a place, in words. */
export function filterOffloadMeaning(place: string): Meaning {
  return {
    feature: `filters that run only on a card, at ${place}`,
    hint: 'few cards can; leave out hardware "skip_sw" to run it in the kernel',
  };
}

function refusedWith(refused: Pick<Meaning, "feature" | "hint">): Meanings {
  const meaning = { kind: "not-supported", ...refused } as const;
  return { EINVAL: meaning, EOPNOTSUPP: meaning };
}
