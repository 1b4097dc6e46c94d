/**
 * What passes are to know of the machine they improve a function for.
 * @module
 */

/** The machine. */
export interface PassTarget {
  /** Version of the instruction set: from 3 on there are 32-bit operations and comparisons. */
  readonly isaVersion: 1 | 2 | 3 | 4;
}
