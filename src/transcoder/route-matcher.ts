// A trie of path segments. A request walks it with literals first, then `*`, then `**`; a node without a binding for
// the HTTP method is passed over, so that declaration order never matters and no route hides another method's.
import type { PathTemplate } from "./path-template.ts";
import { percentDecode } from "./percent-decoding.ts";

/** HTTP method → route; `*` stands for every method that is not mapped otherwise. */
type MethodTable<T> = Map<string, T>;

interface RouteNode<T> {
  readonly literals: Map<string, RouteNode<T>>;
  star: RouteNode<T> | undefined;
  /** Routes that end here, by verb (`""` for none). */
  readonly ends: Map<string, MethodTable<T>>;
  /** Routes whose `**` starts here, by verb. */
  readonly rests: Map<string, MethodTable<T>>;
}

type RouteMatch<T> =
  | {
      readonly kind: "found";
      readonly route: T;
      /** Segments of the path as received, the last one without the verb. */
      readonly segments: readonly string[];
    }
  | {
      readonly kind: "method" /** Sorted, without HEAD and OPTIONS that come for free. */;
      readonly methods: string[];
    }
  | { readonly kind: "none" };

export class RouteMatcher<T> {
  readonly #root: RouteNode<T> = newNode();
  readonly #verbs = new Set<string>();

  /** Adds a route. Gives the route that already has this method and path shape, if any, and adds nothing then. */
  add(method: string, template: PathTemplate, route: T): T | undefined {
    let node = this.#root;
    let tables = node.ends;
    for (const segment of template.segments) {
      if (segment.kind === "double-star") {
        tables = node.rests;
        break;
      }
      node = segment.kind === "star" ? starOf(node) : literalOf(node, segment.value);
      tables = node.ends;
    }
    const verb = template.verb ?? "";
    const table = tables.get(verb) ?? new Map<string, T>();
    tables.set(verb, table);
    const rival = table.get(method);
    if (rival !== undefined) return rival;
    table.set(method, route);
    if (verb !== "") this.#verbs.add(verb);
    return undefined;
  }

  /** Finds the route of a raw path, which starts with a slash. */
  match(method: string, path: string): RouteMatch<T> {
    const raw = path === "/" ? [] : path.split("/").slice(1);
    const readings = this.#readings(raw);
    for (const { segments, decoded, verb } of readings) {
      const route = find(this.#root, 0, decoded, verb, method);
      if (route !== undefined) return { kind: "found", route, segments };
    }
    const methods = new Set<string>();
    for (const { decoded, verb } of readings) collect(this.#root, 0, decoded, verb, methods);
    return methods.size === 0 ? { kind: "none" } : { kind: "method", methods: [...methods].sort() };
  }

  /** The ways to read a path: its last colon as a verb, when some route has that verb, then as part of the value. */
  #readings(raw: string[]): Reading[] {
    const plain = { segments: raw, decoded: decodeAll(raw), verb: "" };
    const last = raw.at(-1);
    if (last === undefined || this.#verbs.size === 0) return [plain];
    const colon = last.lastIndexOf(":");
    if (colon < 0) return [plain];
    const verb = percentDecode(last.slice(colon + 1));
    if (verb === undefined || !this.#verbs.has(verb)) return [plain];
    const segments = raw.with(-1, last.slice(0, colon));
    return [{ segments, decoded: decodeAll(segments), verb }, plain];
  }
}

interface Reading {
  readonly segments: readonly string[];
  /** A segment that cannot be decoded is undefined: it equals no literal. */
  readonly decoded: readonly (string | undefined)[];
  readonly verb: string;
}

function decodeAll(segments: readonly string[]): readonly (string | undefined)[] {
  return segments.some((segment) => segment.includes("%")) ? segments.map(percentDecode) : segments;
}

// Each node is visited at most once, since its depth is the index of the segment: backtracking stays linear.
function find<T>(
  node: RouteNode<T>,
  index: number,
  segments: readonly (string | undefined)[],
  verb: string,
  method: string,
): T | undefined {
  let route: T | undefined;
  if (index === segments.length) route = select(node.ends.get(verb), method);
  else {
    const segment = segments[index];
    const literal = segment === undefined ? undefined : node.literals.get(segment);
    if (literal !== undefined) route = find(literal, index + 1, segments, verb, method);
    if (route === undefined && node.star !== undefined && segment !== "") {
      route = find(node.star, index + 1, segments, verb, method);
    }
  }
  return route ?? (node.rests.size === 0 ? undefined : select(node.rests.get(verb), method));
}

function collect<T>(
  node: RouteNode<T>,
  index: number,
  segments: readonly (string | undefined)[],
  verb: string,
  methods: Set<string>,
): void {
  for (const method of node.rests.get(verb)?.keys() ?? []) methods.add(method);
  if (index === segments.length) {
    for (const method of node.ends.get(verb)?.keys() ?? []) methods.add(method);
    return;
  }
  const segment = segments[index];
  const literal = segment === undefined ? undefined : node.literals.get(segment);
  if (literal !== undefined) collect(literal, index + 1, segments, verb, methods);
  if (node.star !== undefined && segment !== "") collect(node.star, index + 1, segments, verb, methods);
}

function select<T>(table: MethodTable<T> | undefined, method: string): T | undefined {
  if (table === undefined) return undefined;
  return table.get(method) ?? (method === "HEAD" ? table.get("GET") : undefined) ?? table.get("*");
}

function newNode<T>(): RouteNode<T> {
  return { literals: new Map(), star: undefined, ends: new Map(), rests: new Map() };
}

function starOf<T>(node: RouteNode<T>): RouteNode<T> {
  node.star ??= newNode();
  return node.star;
}

function literalOf<T>(node: RouteNode<T>, value: string): RouteNode<T> {
  const child = node.literals.get(value) ?? newNode<T>();
  node.literals.set(value, child);
  return child;
}
