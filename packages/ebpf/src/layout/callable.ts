/**
 * Functions that are layouts at the same time.
 * @module
 */

/**
 * `call` with the properties of `layout`, frozen: its own name gives way to the layout's. Accessors stay accessors.
 */
export function callable<Call extends (...given: never[]) => unknown, Properties extends object>(
  call: Call,
  layout: Properties,
): Call & Properties {
  Object.defineProperties(call, Object.getOwnPropertyDescriptors(layout));
  Object.freeze(call);
  // Replacing `name` leaves the engine with a table to search at each access: ten times slower. It makes objects that
  // serve as prototypes fast again, whether they are used as such or not.
  Object.create(call);
  return call as Call & Properties;
}
