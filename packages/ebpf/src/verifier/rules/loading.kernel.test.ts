import { mov } from "../../asm/alu.ts";
import { label } from "../../asm/assemble.ts";
import { callLocal } from "../../asm/call.ts";
import { r1 } from "../../isa/register.ts";
import {
  described,
  describeRejections,
  finish,
  rejected,
  since,
  tracing,
} from "../../testing/provoke-rejection.ts";
import { loadingRules } from "./loading.ts";

describeRejections("rejections of what is loaded with a program", {
  rules: loadingRules(),
  provocations: () => [
    ["sleepable-not-for-type", rejected("xdp", finish, { flags: ["sleepable"] }), /may not sleep/],
    ...since(5, 14, ["must-be-sleepable", rejected("syscall", finish), /must say so/]),
    [
      "attach-target-missing",
      { spec: tracing(finish), attributes: { attachBtfId: 0 } },
      /must name the kernel function or tracepoint/,
    ],
    [
      "attach-target-invalid",
      { spec: tracing(finish), attributes: { attachBtfId: 1 } },
      /does not stand for/,
    ],
    [
      "function-info-invalid",
      {
        spec: rejected("xdp", [mov(r1, 1), callLocal("f"), finish, label("f"), finish]),
        attributes: described([0, "main"]),
      },
      /does not fit/,
    ],
    [
      "function-info-invalid",
      {
        spec: rejected("xdp", [mov(r1, 1), callLocal("f"), finish, label("f"), finish]),
        attributes: described([0, "main"], [3, "callback"]),
      },
      /does not fit/,
    ],
  ],
});
