/**
 * Starting and ending simulations.
 * @module
 */
import { installKernelSide } from "../spec/kernel-side.ts";
import { installEnvironment } from "../lang/builtins/environment.ts";
import { Simulation } from "./simulation.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** A simulation that kernel code runs in until it is disposed of. */
export type RunningSimulation = Simulation & Disposable;

/**
 * Plays the kernel for functions marked "use bpf" that are called as plain JavaScript, until the scope ends:
 *
 * ```ts
 * using world = simulate({ pid: 7, comm: "sh" });
 * world.run(onOpen, { args: [0n, world.place("/etc/passwd"), 0n] });
 * assert.equal(world.events(events)[0].file, "/etc/passwd");
 * ```
 */
export function simulate(options: SimulationOptions = {}): RunningSimulation {
  const world = new Simulation(options);
  const environment = installEnvironment(world);
  const kernelSide = installKernelSide(world.maps);
  const restore = () => {
    installEnvironment(environment);
    installKernelSide(kernelSide);
  };
  return Object.assign(world, { [Symbol.dispose]: restore });
}
