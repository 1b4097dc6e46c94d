/**
 * What `doctor` does.
 * @module
 */
import type { Context } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import type { DoctorOptions } from "./command.ts";
import { examineMachine, type Examination } from "./examination.ts";
import { reportLines } from "./report.ts";

/** Examines the machine and reports. */
export async function examine(options: DoctorOptions, context: Context): Promise<void> {
  const examination = await examineMachine();
  if (examination.obstacle !== undefined) context.exitCode = ExitCode.unavailable;
  const { stdout } = context;
  if (options.json === true) {
    stdout.write(`${JSON.stringify(jsonOf(examination), undefined, 2)}\n`);
    return;
  }
  const features = options.features === true ? "all" : "counts";
  stdout.write(`${[...reportLines(examination, stdout, { features })].join("\n")}\n`);
}

function jsonOf({ findings, features, obstacle }: Examination): object {
  const error = obstacle && {
    code: obstacle.code,
    name: obstacle.name,
    message: obstacle.message,
    hint: obstacle.hint,
  };
  return { tracing: { works: obstacle === undefined, error }, findings, features };
}
