// Records what is registered on a router, without serving Connect's own protocols.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { Implementation } from "./invoke.ts";

/** Options of one registration, those of Connect's adapters. */
type RegistrationOptions = NonNullable<Parameters<ConnectRouter["service"]>[2]>;

export interface Registration {
  readonly method: DescMethod;
  readonly implementation: Implementation;
  readonly options: RegistrationOptions;
}

/** Runs the registration function of an application and gives what it registered. */
export function recordRoutes(routes: (router: ConnectRouter) => void): Registration[] {
  const registrations: Registration[] = [];
  const router = {
    handlers: [],
    service(
      service: DescService,
      implementation: Record<string, unknown>,
      options: RegistrationOptions = {},
    ) {
      for (const method of service.methods) {
        const own = implementation[method.localName];
        registrations.push({
          method,
          implementation: typeof own === "function" ? own.bind(implementation) : unimplemented(method),
          options,
        });
      }
      return router;
    },
    rpc(method: DescMethod, implementation: Implementation, options: RegistrationOptions = {}) {
      registrations.push({ method, implementation, options });
      return router;
    },
  };
  routes(router as unknown as ConnectRouter);
  return registrations;
}

function unimplemented(method: DescMethod): Implementation {
  return () => {
    throw new ConnectError(`${method.parent.typeName}.${method.name} is not implemented`, Code.Unimplemented);
  };
}
