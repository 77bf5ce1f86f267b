// google.api.http rules → bindings, checked and compiled at start.
import { type DescField, type DescMessage, type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../gen/google/api/http_pb.ts";
import { type FieldTarget, resolveFieldPath } from "./field-path.ts";
import { type PathTemplate, parseTemplate, type TemplateVariable } from "./path-template.ts";
import { compileQuery, type QueryPlan, type UnknownQueryParameters } from "./query.ts";

/** One HTTP method and path that a method answers. */
export interface Binding {
  readonly method: DescMethod;
  /** `GET`, `POST`, …, a custom one, or `*` for any. */
  readonly httpMethod: string;
  /** The path template as the contract writes it. */
  readonly template: string;
  /** Field paths that the template binds, in order. */
  readonly variables: readonly string[];
  /** `*`, the name of a field, or undefined for none. */
  readonly body: string | undefined;
  /** Name of the response field that is the answer, or undefined for the whole message. */
  readonly responseBody: string | undefined;
}

export interface CompiledBinding extends Binding {
  readonly path: PathTemplate;
  readonly pathTargets: readonly PathTarget[];
  readonly query: QueryPlan;
  readonly bodyField: DescField | undefined;
  readonly responseField: DescField | undefined;
  /** Whether the request body, or the response, is a google.api.HttpBody. */
  readonly rawRequest: boolean;
  readonly rawResponse: boolean;
}

interface PathTarget {
  readonly variable: TemplateVariable;
  readonly target: FieldTarget;
}

/** The rules of a method, the first one and its additional bindings; empty when it has none. */
export function compileBindings(method: DescMethod, unknown: UnknownQueryParameters): CompiledBinding[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  try {
    if (method.methodKind === "bidi_streaming")
      throw new Error("bidirectional streaming has no HTTP mapping");
    for (const { additionalBindings } of rule.additionalBindings) {
      if (additionalBindings.length > 0) throw new Error("additional_bindings must not be nested");
    }
    return [rule, ...rule.additionalBindings].map((one) => compileBinding(method, one, unknown));
  } catch (error) {
    throw ruleError(method, (error as Error).message);
  }
}

/** A rule that cannot be served, named by its method. */
export function ruleError(method: DescMethod, reason: string): Error {
  return new Error(`google.api.http of ${method.parent.typeName}.${method.name}: ${reason}`);
}

function compileBinding(
  method: DescMethod,
  rule: HttpRule,
  unknown: UnknownQueryParameters,
): CompiledBinding {
  const { httpMethod, template } = patternOf(rule);
  const path = parseTemplate(template);
  const pathTargets = path.variables.map((variable) => pathTargetOf(method.input, variable));
  const variables = pathTargets.map(({ target }) => target.path);
  const repeated = variables.find((name, index) => variables.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`the path binds ${repeated} twice`);
  const body = rule.body === "" ? undefined : rule.body;
  if (body !== undefined && (httpMethod === "GET" || httpMethod === "HEAD")) {
    throw new Error(`${httpMethod} must not have a body`);
  }
  const bodyField = body === undefined || body === "*" ? undefined : topField(method.input, "body", body);
  if (bodyField !== undefined && variables.includes(bodyField.name)) {
    throw new Error(`both the path and the body bind ${bodyField.name}`);
  }
  const responseBody = rule.responseBody === "" ? undefined : rule.responseBody;
  const responseField =
    responseBody === undefined ? undefined : topField(method.output, "response_body", responseBody);
  return {
    method,
    httpMethod,
    template,
    variables,
    body,
    responseBody,
    path,
    pathTargets,
    query: compileQuery(
      method.input,
      pathTargets.map(({ target }) => target),
      body,
      unknown,
    ),
    bodyField,
    responseField,
    rawRequest: body !== undefined && isHttpBody(body === "*" ? method.input : messageOf(bodyField)),
    rawResponse: isHttpBody(responseField === undefined ? method.output : messageOf(responseField)),
  };
}

function patternOf({ pattern }: HttpRule): { httpMethod: string; template: string } {
  switch (pattern.case) {
    case undefined:
      throw new Error("a rule has no pattern");
    case "custom": {
      const { kind, path } = pattern.value;
      // RFC 9110, section 5.6.2: a method is a token.
      if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(kind))
        throw new Error(`custom kind "${kind}" is not an HTTP method`);
      return { httpMethod: kind, template: path };
    }
    default:
      return { httpMethod: pattern.case.toUpperCase(), template: pattern.value };
  }
}

function pathTargetOf(input: DescMessage, variable: TemplateVariable): PathTarget {
  const name = variable.fieldPath.join(".");
  let target: FieldTarget;
  try {
    target = resolveFieldPath(input, variable.fieldPath);
  } catch (error) {
    throw new Error(`path variable ${name} ${(error as Error).message}`);
  }
  if (target.repeated) throw new Error(`path variable ${name} is repeated`);
  return { variable, target };
}

function topField(message: DescMessage, option: string, name: string): DescField {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${option} "${name}" is not a field of ${message.typeName}`);
  return field;
}

function messageOf(field: DescField | undefined): DescMessage | undefined {
  return field?.fieldKind === "message" ? field.message : undefined;
}

function isHttpBody(message: DescMessage | undefined): boolean {
  return message?.typeName === "google.api.HttpBody";
}
