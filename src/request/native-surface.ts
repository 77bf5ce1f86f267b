import { httpStatus, statusBody } from "./render-error.ts";
import type { Surface } from "./surface.ts";

/** Our own contracts: google.rpc.Status for errors, and nothing that they do not have. */
export const nativeSurface: Surface = {
  path: "",
  package: "",
  unknownQueryParameters: "reject",
  dropsEmptyParameters: false,
  jsonOptions: {},
  rateLimitReset: "delay",
  renderError: (error) => {
    return { status: httpStatus(error), contentType: "application/json", body: statusBody(error) };
  },
};
