/**
 * Everything that an async iterable yields, for tests.
 * @module
 */

/** The items, once there are no more. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
