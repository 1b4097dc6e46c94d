/**
 * Capture, for tools that run texts which never were in a file: editors, notebooks, pages.
 *
 * `transformSource` writes beside each function marked "use bpf" what the compiler needs of it; the text that comes out is
 * run as any other. The parser is oxc where that is installed, else what {@link useParser} was given.
 * @module
 */
export { CaptureError } from "./capture-error.ts";
export { parseSource, syntaxProblems } from "./parse.ts";
export {
  type Parse,
  type ParseRequest,
  type SourceType,
  type SyntaxProblem,
  useParser,
} from "./parser.ts";
export { transformSource, type Transformed } from "./transform.ts";
