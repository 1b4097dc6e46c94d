/**
 * Every command of bpf(2) with what makes it.
 * @module
 */
import { attachHandlers } from "./attach.ts";
import { batchHandlers } from "./batch.ts";
import { btfHandlers } from "./btf.ts";
import type { Handlers } from "./handlers.ts";
import { idHandlers } from "./id.ts";
import { infoHandlers } from "./info.ts";
import { linkHandlers } from "./link.ts";
import { mapHandlers } from "./map.ts";
import { pinHandlers } from "./pin.ts";
import { programHandlers } from "./program.ts";
import { systemHandlers } from "./system.ts";
import { testRunHandlers } from "./test-run.ts";

/** The handlers of all commands: a command without one does not compile. */
export const handlers: Handlers = {
  ...mapHandlers,
  ...batchHandlers,
  ...programHandlers,
  ...testRunHandlers,
  ...attachHandlers,
  ...linkHandlers,
  ...pinHandlers,
  ...infoHandlers,
  ...idHandlers,
  ...btfHandlers,
  ...systemHandlers,
};
