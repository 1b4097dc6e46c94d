/**
 * What properties are tried with: the same values at every run, so that whoever changed nothing sees no test fail.
 *
 * `EBPF_TEST_SEED` is another number to make them from; with `random` there is a new one each time, which finds what nobody
 * has thought of.
 * @module
 */
import * as fc from "fast-check";

const given = process.env["EBPF_TEST_SEED"] ?? "1";
if (given !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) });
