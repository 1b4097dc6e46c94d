/**
 * Cookies: numbers that a program finds out by which of its attachments it runs.
 * @module
 */
import type { Check } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";

/**
 * The part of a target that holds a cookie; without one, nothing.
 * @throws {InvalidArgumentError} when it is no whole number of 64 bits from 0 up.
 */
export function cookieOf(cookie: number | bigint | undefined): { readonly cookie?: bigint } {
  return cookie === undefined ? {} : { cookie: asCookie(cookie) };
}

/**
 * The same for many places at once.
 * @throws {InvalidArgumentError} when there is not one for each place.
 */
export function cookiesOf(
  cookies: readonly (number | bigint)[] | undefined,
  places: number | undefined,
): { readonly cookies?: readonly bigint[] } {
  if (cookies === undefined) return {};
  if (places === undefined) {
    throw new InvalidArgumentError(
      "a pattern has no cookies: nobody knows the order of functions",
      {
        hint: "name the functions one by one",
      },
    );
  }
  if (places !== cookies.length) {
    throw new InvalidArgumentError(`there are ${cookies.length} cookies for ${places} functions`);
  }
  return { cookies: cookies.map(asCookie) };
}

/** Checks a cookie among options. */
export const isCookie: Check = (cookie) => {
  asCookie(cookie);
};

function asCookie(cookie: unknown): bigint {
  const whole =
    typeof cookie === "bigint" || Number.isSafeInteger(cookie) ? BigInt(cookie as number) : -1n;
  if (whole >= 0n && whole < 2n ** 64n) return whole;
  throw new InvalidArgumentError(`${String(cookie)} is no cookie`, {
    hint: "cookies are whole numbers of 64 bits, from 0 up",
  });
}
