/**
 * Helpers of programs that understand infrared remote controls (drivers/media/rc/bpf-lirc.c): what they found is kept.
 * @module
 */
import { type HelperGroup, s32Of, u32Of, u64Of } from "./context.ts";

/** What a program found in the pulses of a remote control. */
export type RemoteEvent =
  | {
      readonly kind: "keydown";
      /** `RC_PROTO_…` of include/uapi/linux/lirc.h. */
      readonly protocol: number;
      readonly scancode: bigint;
      /** Whether the key was released since it was pressed before: changes with each press. */
      readonly toggle: number;
    }
  | { readonly kind: "repeat" }
  | { readonly kind: "pointer"; readonly x: number; readonly y: number };

/** Remote controls. */
export const remoteControlHelpers: HelperGroup = {
  rc_repeat: (_, { remoteEvents }) => {
    remoteEvents.push({ kind: "repeat" });
    return 0;
  },
  rc_keydown: (machine, { remoteEvents }) => {
    const [protocol, scancode] = [u32Of(machine, 2), u64Of(machine, 3)];
    remoteEvents.push({
      kind: "keydown",
      protocol,
      scancode,
      toggle: u32Of(machine, 4) === 0 ? 0 : 1,
    });
    return 0;
  },
  rc_pointer_rel: (machine, { remoteEvents }) => {
    remoteEvents.push({ kind: "pointer", x: s32Of(machine, 2), y: s32Of(machine, 3) });
    return 0;
  },
};
