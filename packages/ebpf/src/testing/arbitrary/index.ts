/**
 * Generators for property tests with fast-check, a package that whoever uses them installs: instructions, programs, layouts,
 * values, maps and what is done with them, packets.
 * @module
 */
export {
  arbitraryInstruction,
  arbitraryLabelledProgram,
  arbitraryNamedInstruction,
  arbitraryProgram,
} from "./instruction.ts";
export {
  type AnyElementSpec,
  arbitraryElementSpec,
  arbitraryLayout,
  arbitraryMapOperations,
  type MapOperation,
} from "./map.ts";
export { arbitraryDamagedPacket, arbitraryPacket } from "./packet.ts";
export { arbitraryValue } from "./value.ts";
