/**
 * All rules, in the order in which they are tried: the first one that fits explains a message.
 * @module
 */
import { once } from "../../base/once.ts";
import type { Rule } from "../rule.ts";
import { callRules } from "./calls.ts";
import { contextRules } from "./context.ts";
import { controlFlowRules } from "./control-flow.ts";
import { loadingRules } from "./loading.ts";
import { lockRules } from "./locks.ts";
import { memoryRules } from "./memory.ts";
import { packetRules } from "./packet.ts";
import { referenceRules } from "./references.ts";
import { registerRules } from "./registers.ts";
import { stackRules } from "./stack.ts";

/**
 * Every known rejection. Rules for calls come before those for memory, as their messages say more. Made when the first message
 * is explained: most programs are accepted, and commands start sooner without.
 */
export const allRules: () => readonly Rule[] = once(() => [
  ...callRules(),
  ...packetRules(),
  ...memoryRules(),
  ...stackRules(),
  ...registerRules(),
  ...controlFlowRules(),
  ...referenceRules(),
  ...lockRules(),
  ...contextRules(),
  ...loadingRules(),
]);
