/**
 * Objects that functions of the kernel are given: of the type of the parameter, or one that begins with it, and trusted
 * where the function asks for that.
 *
 * `process_kf_arg_ptr_to_btf_id`, `is_trusted_reg` and `check_func_arg_reg_off` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfType } from "../../../btf/type.ts";
import { beginsWith, socketKinds } from "../helper/socket-argument.ts";
import { Refusal } from "../refusal.ts";
import { isFixed, isPointer, type Pointer, type TypeRef, type Value } from "../state/value.ts";
import type { KfuncArgument, KfuncCall } from "./argument.ts";
import type { KfuncRule } from "./rules.ts";

/** Structs of the kernel behind addresses that the verifier has kinds of its own for (`reg2btf_ids`). */
const structs: Readonly<Record<string, string>> = {
  sock: "sock",
  sock_common: "sock_common",
  tcp_sock: "tcp_sock",
  map_ptr: "bpf_map",
};

/** Whether a register holds the address of an object whose struct the kernel knows. */
export function isObject(value: Value): value is Pointer {
  return value.kind === "ptr_" || value.kind in structs;
}

/** Refuses what is no object of the type, or is not trusted enough. */
export function checkKfuncObject(
  { rule, name }: Pick<KfuncCall, "rule" | "name">,
  { value, register }: KfuncArgument,
  to: BtfType,
): void {
  if (!isObject(value)) return;
  const where = `kernel function ${name} args#${register - 1}`;
  if (to.kind !== "struct" && to.kind !== "union") {
    throw new Refusal(
      `${where} pointer type ${to.kind.toUpperCase()} ${to.name} is not supported`,
      "EINVAL",
    );
  }
  assertTrusted(rule, value, register);
  const released = rule.flags.has("release") && value.reference !== 0;
  assertPlace(value, register, { released });
  const is = structName(value);
  if (isView(to.name, is) || fits(value, to.name, { strict: released || isAlias(to.name, is) }))
    return;
  throw new Refusal(
    `${where} expected pointer to STRUCT ${to.name} but R${register} has a pointer to STRUCT ${is}`,
    "EINVAL",
  );
}

function structName({ kind, type }: Pointer): string {
  return structs[kind] ?? (type === undefined ? "" : type.types.typeById(type.id).name);
}

/** An object that a program made is none of the kernel's, whatever its struct is called. */
function fits(
  { kind, type, offset, own }: Pointer,
  wanted: string,
  { strict }: { readonly strict: boolean },
): boolean {
  if (kind !== "ptr_")
    return structs[kind] === wanted || (wanted === "sock_common" && socketKinds.has(kind));
  if (type === undefined || own) return false;
  return strict ? offset === 0 && nameOf(type) === wanted : beginsWith(type, wanted, offset);
}

function nameOf({ types, id }: TypeRef): string {
  return types.resolve(id).name;
}

/** Views of an object that functions get instead of what is behind them (`btf_is_projection_of`). */
function isView(wanted: string, is: string): boolean {
  return (wanted === "__sk_buff" && is === "sk_buff") || (wanted === "xdp_md" && is === "xdp_buff");
}

/** One struct under two names, which are not to be taken for each other (`btf_type_ids_nocast_alias`). */
function isAlias(wanted: string, is: string): boolean {
  return wanted === `${is}___init` || is === `${wanted}___init`;
}

function assertTrusted({ flags }: KfuncRule, value: Pointer, register: number): void {
  const rcu = flags.has("rcu");
  if (!rcu && !flags.has("trusted_args") && !flags.has("release")) return;
  if (isTrusted(value) || (rcu && value.trust === "rcu")) return;
  throw new Refusal(
    `R${register} must be ${rcu ? "a rcu pointer" : "referenced or trusted"}`,
    "EINVAL",
  );
}

function isTrusted({ kind, trust, own, reference }: Pointer): boolean {
  if (reference !== 0 || kind !== "ptr_" || trust === "trusted") return true;
  return own && trust === "plain";
}

function assertPlace(
  value: Pointer,
  register: number,
  { released }: { readonly released: boolean },
): void {
  if (released && value.offset !== 0) {
    throw new Refusal(
      `R${register} must have zero offset when passed to release func or trusted arg to kfunc`,
      "EINVAL",
    );
  }
  if (isFixed(value) && (value.kind === "ptr_" || value.offset === 0)) return;
  const offset = isPointer(value) ? value.offset : 0;
  throw new Refusal(`variable ${value.kind} access var_off=? off=${offset} disallowed`);
}
