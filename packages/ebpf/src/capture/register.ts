/**
 * `node --import ts-ebpf/register app.ts`: captures kernel programs without the inspector.
 *
 * Importing this module is all there is to it.
 * @module
 */
import { installHook } from "./hook.ts";

installHook();
