// Node's HTTP/1. To import `node:http` as a module reads all its properties, and one of them loads a browser's fetch and
// WebSocket: a twentieth of a start, for what the path of a call never uses.
import type * as http from "node:http";

export const { createServer, METHODS, request, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule("node:http");
export type ServerResponse = http.ServerResponse;
