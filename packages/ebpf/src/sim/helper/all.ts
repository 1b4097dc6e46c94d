/**
 * All helpers that the simulated kernel has.
 * @module
 */
import type { HelperGroup } from "./context.ts";
import { checksumHelpers } from "./checksum.ts";
import { counterHelpers } from "./counters.ts";
import { dynptrHelpers } from "./dynptr.ts";
import { eventHelpers } from "./events.ts";
import { headerOptionHelpers } from "./header-options.ts";
import { memoryHelpers, worldHelpers } from "./general.ts";
import { mapHelpers, ringHelpers } from "./maps.ts";
import { messageHelpers } from "./message.ts";
import { packetHelpers } from "./packet.ts";
import { printHelpers } from "./print.ts";
import { redirectHelpers } from "./redirect.ts";
import { remoteControlHelpers } from "./remote-control.ts";
import { securityHelpers } from "./security.ts";
import { socketHelpers } from "./socket.ts";
import { stackHelpers } from "./stack.ts";
import { storageHelpers } from "./storage.ts";
import { syncookieHelpers } from "./syncookie.ts";
import { sysctlHelpers } from "./sysctl.ts";
import { taskHelpers } from "./task.ts";
import { timerHelpers } from "./timers.ts";
import { tracingHelpers } from "./tracing.ts";
import { tunnelHelpers } from "./tunnel.ts";
import { typeHelpers } from "./types.ts";

/** Helpers by class. */
export const allHelpers: readonly HelperGroup[] = [
  worldHelpers,
  taskHelpers,
  memoryHelpers,
  printHelpers,
  mapHelpers,
  ringHelpers,
  timerHelpers,
  tracingHelpers,
  eventHelpers,
  stackHelpers,
  dynptrHelpers,
  storageHelpers,
  packetHelpers,
  checksumHelpers,
  redirectHelpers,
  socketHelpers,
  messageHelpers,
  sysctlHelpers,
  counterHelpers,
  tunnelHelpers,
  syncookieHelpers,
  securityHelpers,
  remoteControlHelpers,
  headerOptionHelpers,
  typeHelpers,
];
