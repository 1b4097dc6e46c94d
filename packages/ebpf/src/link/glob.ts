/**
 * Patterns of names with `*` for any text and `?` for any character, as the kernel's own and libbpf's.
 * @module
 */

/** A regular expression for whole names that fit `pattern`. */
export function globExpression(pattern: string): RegExp {
  const text = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`);
}
