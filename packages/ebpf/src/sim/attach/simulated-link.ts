/**
 * Links: attachments that end when nobody holds them any more.
 * @module
 */
import type { LinkId, ProgramId } from "../../kernel/handle.ts";
import type { LinkInfo, LinkType } from "../../kernel/link-info.ts";
import type { AttachType } from "../../spec/words.ts";
import { SimulatedObject } from "../object.ts";
import type { SimulatedProgram } from "../program.ts";
import type { Attachment, Attachments } from "./attachments.ts";

/** What a link is made of. */
export interface LinkSetup {
  readonly type: LinkType;
  readonly attachType: AttachType | undefined;
  readonly program: SimulatedProgram;
  /** What the kernel tells of this kind of link. */
  readonly details: object;
  /** Whether it lets go of its place when asked to, and takes another program. */
  readonly detachable: boolean;
  readonly updatable: boolean;
}

/** A link. */
export class SimulatedLink extends SimulatedObject {
  readonly kind = "link";
  readonly setup: LinkSetup;
  readonly #attachments: Attachments;
  readonly #made: Attachment[] = [];
  readonly #ends: Disposable[] = [];
  program: SimulatedProgram;

  constructor(attachments: Attachments, setup: LinkSetup) {
    super(`link of ${setup.program.label}`);
    this.setup = setup;
    this.program = setup.program.hold();
    this.#attachments = attachments;
    this.atEnd(() => {
      this.detach();
      this.program.drop();
    });
  }

  /** Attaches its program at one more place, before `next` or behind all. */
  attachAt(place: string, at: Omit<Attachment, "program" | "linkId">, next?: Attachment): void {
    const attachment = { ...at, program: this.program, linkId: this.id };
    this.#made.push(attachment);
    this.#ends.push(this.#attachments.add(place, attachment, next));
  }

  /** Ends with the link. */
  owns(resource: Disposable): void {
    this.#ends.push(resource);
  }

  /** Lets go of all places; the link stays. */
  detach(): void {
    this.#made.length = 0;
    for (const end of this.#ends.splice(0)) end[Symbol.dispose]();
  }

  get attached(): boolean {
    return this.#made.length > 0;
  }

  /** Runs another program from now on. */
  update(program: SimulatedProgram): void {
    program.hold();
    this.program.drop();
    this.program = program;
    for (const attachment of this.#made) this.#attachments.replace(attachment, program);
  }

  info(): LinkInfo {
    const { type, attachType, details } = this.setup;
    return {
      kind: "link",
      id: this.id as LinkId,
      type,
      programId: this.program.id as ProgramId,
      attachType,
      details,
    } as LinkInfo;
  }
}
