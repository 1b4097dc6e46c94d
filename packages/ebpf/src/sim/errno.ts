/**
 * Negated errno values, as helpers and operations of the simulated kernel return them.
 * @module
 */
import { errno } from "../kernel/errno.ts";

/** How an operation can fail. */
export type Failing =
  | "noPermission"
  | "noEntry"
  | "tooBig"
  | "badDescriptor"
  | "again"
  | "noMemory"
  | "fault"
  | "busy"
  | "exists"
  | "invalid"
  | "noSpace"
  | "range"
  | "notSupported"
  | "operationNotSupported"
  | "overflow"
  | "noDevice"
  | "search"
  | "nameTooLong"
  | "deadlock"
  | "inProgress";

/** What an operation returns that failed; 0 and more is success. */
export const failed: { readonly [Reason in Failing]: number } = {
  noPermission: -errno.EPERM,
  noEntry: -errno.ENOENT,
  tooBig: -errno.E2BIG,
  badDescriptor: -errno.EBADF,
  again: -errno.EAGAIN,
  noMemory: -errno.ENOMEM,
  fault: -errno.EFAULT,
  busy: -errno.EBUSY,
  exists: -errno.EEXIST,
  invalid: -errno.EINVAL,
  noSpace: -errno.ENOSPC,
  range: -errno.ERANGE,
  notSupported: -errno.ENOTSUPP,
  operationNotSupported: -errno.EOPNOTSUPP,
  overflow: -errno.EOVERFLOW,
  noDevice: -errno.ENODEV,
  search: -errno.ESRCH,
  nameTooLong: -errno.ENAMETOOLONG,
  deadlock: -errno.EDEADLK,
  inProgress: -errno.EINPROGRESS,
};
