/**
 * The table of features.
 * @module
 */
import type { Feature } from "./feature.ts";
import { helperFeatures } from "./helper-features.ts";
import { instructionFeatures } from "./instruction-features.ts";
import { linkFeatures } from "./link-features.ts";
import { mapFeatures } from "./map-features.ts";
import { programFeatures } from "./program-features.ts";
import { systemFeatures } from "./system-features.ts";

/** Every feature that can be probed. */
export const features: readonly Feature[] = [
  ...mapFeatures,
  ...programFeatures,
  ...linkFeatures,
  ...helperFeatures,
  ...instructionFeatures,
  ...systemFeatures,
];
