import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImplSpec,
} from "@connectrpc/connect";

/** Collects what services register, by RPC path, without serving it: the lean lane calls it directly. */
export function collectMethods(
  register: (router: ConnectRouter) => void,
): ReadonlyMap<string, MethodImplSpec> {
  const methods = new Map<string, MethodImplSpec>();
  const add = (spec: MethodImplSpec) => {
    methods.set(`/${spec.method.parent.typeName}/${spec.method.name}`, spec);
  };
  const router: ConnectRouter = {
    handlers: [],
    service(service, implementation) {
      Object.values(createServiceImplSpec(service, implementation).methods).forEach(add);
      return router;
    },
    rpc(method, implementation) {
      add(createMethodImplSpec(method, implementation));
      return router;
    },
  };
  register(router);
  return methods;
}
