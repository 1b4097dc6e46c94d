/**
 * Cookies: numbers that a program finds out by which of its attachments it runs.
 * @module
 */
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

function asCookie(cookie: number | bigint): bigint {
  const isWhole = typeof cookie === "bigint" || Number.isSafeInteger(cookie);
  if (isWhole && cookie >= 0 && cookie < 2n ** 64n) return BigInt(cookie);
  throw new InvalidArgumentError(`${cookie} is no cookie`, {
    hint: "cookies are whole numbers of 64 bits, from 0 up",
  });
}
