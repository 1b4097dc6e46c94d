/**
 * The worker: a {@link Session} behind messages, so that a program that never ends does not end the page.
 * @module
 */
import { useParser } from "ts-ebpf/capture";
import { parse } from "./parse.ts";
import type { Reply, Request } from "./protocol.ts";
import { Session } from "./session.ts";

// oxc has native code, which browsers do not run.
useParser(parse);

const session = new Session();

const answers: {
  readonly [K in Request["kind"]]: (
    request: Extract<Request, { readonly kind: K }>,
  ) => Reply | Promise<Reply>;
} = {
  compile: ({ text }) => session.compile(text),
  run: (request) => session.run(request),
  move: (request) => session.move(request),
};

addEventListener(
  "message",
  (event: MessageEvent<{ readonly id: number; readonly request: Request }>) => {
    const { id, request } = event.data;
    const answer = answers[request.kind] as (request: Request) => Reply | Promise<Reply>;
    void Promise.resolve(answer(request)).then((reply) => postMessage({ id, reply }));
  },
);
