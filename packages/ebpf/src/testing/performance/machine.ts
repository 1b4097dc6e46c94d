/**
 * What a measurement was made on.
 * @module
 */
import { arch, cpus, release } from "node:os";
import type { Metric } from "./history.ts";

/** Where a measurement comes from: measurements of different machines are not compared. */
export interface MeasuredOn {
  readonly machine: string;
  readonly release: string;
}

/** This machine: model and number of its processors. Instructions are the same everywhere. */
export function measuredOn(metric: Metric): MeasuredOn {
  if (metric === "instructions") return { machine: "simulated", release: "simulated" };
  const processors = cpus();
  const model = processors[0]?.model.trim() || arch();
  return { machine: `${model} × ${processors.length}`, release: release() };
}
