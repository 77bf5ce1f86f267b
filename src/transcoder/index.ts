// google.api.http for Connect handlers in Node.
export type { Binding } from "./binding.ts";
export { httpStatusOfCode } from "./code-table.ts";
export { httpStatusOf, statusJson } from "./error-status.ts";
export type {
  EncodedError,
  Match,
  RequestHeaders,
  ResponseHeaders,
  TranscoderRequest,
  TranscoderResponse,
} from "./exchange.ts";
export type { NodeHandler } from "./node-handler.ts";
export {
  type PathTemplate,
  parseTemplate,
  type TemplateSegment,
  type TemplateVariable,
} from "./path-template.ts";
export { createTranscoder, type Transcoder, type TranscoderOptions } from "./transcoder.ts";
export { TranscodingError, type TranscodingReason, transcodingReasons } from "./transcoding-error.ts";
