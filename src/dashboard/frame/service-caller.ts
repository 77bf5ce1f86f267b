// Pages are clients of the same methods as everybody: validation, the contract's access rule and the implementation
// run as they do over the network, but for the network.
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { ConnectRouter, MethodImplSpec } from "@connectrpc/connect";
import type { AdmitPerson } from "../../access/admit-person.ts";
import { serviceError } from "../../errors.ts";
import { type Call, openCall } from "../../request/call.ts";
import { describeMethod } from "../../request/describe-method.ts";
import type { Exchange } from "../../request/exchange.ts";
import { LeanContext } from "../../request/lean-context.ts";
import { collectMethods } from "../../request/method-table.ts";
import type { Visit } from "./page.ts";

/** Gives what calls methods for one request. */
export type ServiceCaller = (exchange: Exchange, call: Call) => Pick<Visit, "call" | "stream">;

export interface ServiceCallerParts {
  /** Registers the services as they are served, with what happens around every method. */
  readonly register: (router: ConnectRouter) => void;
  readonly admitPerson: AdmitPerson;
}

export function createServiceCaller({ register, admitPerson }: ServiceCallerParts): ServiceCaller {
  const methods = collectMethods(register);

  return (exchange, call) => ({
    async call<Input extends DescMessage, Output extends DescMessage>(
      method: DescMethodUnary<Input, Output>,
      request: MessageInitShape<Input>,
    ) {
      const spec = find(method, "unary");
      const own = enter(method, call);
      const context = new LeanContext(method, "page", exchange, own);
      try {
        const answer = await spec.impl(create(method.input, request) as never, context);
        return create(method.output, answer as MessageInitShape<Output>);
      } finally {
        tell(own, call);
      }
    },
    async *stream<Input extends DescMessage, Output extends DescMessage>(
      method: DescMethodServerStreaming<Input, Output>,
      request: MessageInitShape<Input>,
    ) {
      const spec = find(method, "server_streaming");
      const own = enter(method, call);
      const context = new LeanContext(method as never, "page", exchange, own);
      try {
        const answers = spec.impl(create(method.input, request) as never, context);
        for await (const answer of answers) yield create(method.output, answer as MessageInitShape<Output>);
      } finally {
        tell(own, call);
      }
    },
  });

  function find<Kind extends MethodImplSpec["kind"]>(
    { parent, name }: { readonly parent: { readonly typeName: string }; readonly name: string },
    kind: Kind,
  ): Extract<MethodImplSpec, { kind: Kind }> {
    const spec = methods.get(`/${parent.typeName}/${name}`);
    if (spec?.kind !== kind) throw new Error(`${parent.typeName}/${name} is not served`);
    return spec as Extract<MethodImplSpec, { kind: Kind }>;
  }

  /** Checks that the person may call the method, and opens a call of its own within that of the page. */
  function enter(method: DescMethodUnary | DescMethodServerStreaming, page: Call): Call {
    const { people } = describeMethod(method);
    if (people === undefined) throw new Error(`${method.name} is for tokens`);
    if (!people.anyone) {
      if (page.signedIn === undefined) throw serviceError("session_missing");
      admitPerson(page.signedIn.person, people);
    }
    return {
      ...openCall(page.requestId, page.receivedAt, page.clientAddress),
      signedIn: page.signedIn,
    };
  }
}

/** What the method told of its call belongs into the one line of the page; the first of several methods counts. */
function tell({ trace }: Call, page: Call): void {
  page.trace.recipient ??= trace.recipient;
  page.trace.agent ??= trace.agent;
  page.trace.parameters ??= trace.parameters;
  page.trace.ine ??= trace.ine;
  page.trace.finding ??= trace.finding;
}
