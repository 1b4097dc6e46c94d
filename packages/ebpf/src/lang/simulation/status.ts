/**
 * Negated errno values as helpers return them: include/uapi/asm-generic/errno-base.h.
 * @module
 */

/** What helpers return for a failure. */
export const failure = {
  noEntry: -2,
  tooBig: -7,
  again: -11,
  fault: -14,
  exists: -17,
  invalid: -22,
  noSpace: -28,
} as const;
