// The three ways to write a stream of JSON items `{"result":…}`, the last of which may be `{"error":…}`.
import type { JsonValue } from "@bufbuild/protobuf";
import { chooseMediaType } from "./negotiation.ts";

export interface StreamFormat {
  readonly contentType: string;
  /** The text of an item. */
  readonly item: (json: JsonValue, first: boolean) => string;
  /** The text after the last item. */
  readonly end: (empty: boolean) => string;
}

const newlineDelimited: StreamFormat = {
  contentType: "application/x-ndjson",
  item: (json) => `${JSON.stringify(json)}\n`,
  end: () => "",
};

const jsonArray: StreamFormat = {
  contentType: "application/json",
  item: (json, first) => `${first ? "[" : ","}${JSON.stringify(json)}`,
  end: (empty) => (empty ? "[]" : "]"),
};

const serverSentEvents: StreamFormat = {
  contentType: "text/event-stream",
  item: (json) => `data: ${JSON.stringify(json)}\n\n`,
  end: () => "",
};

const offered = ["application/x-ndjson", "application/json", "text/event-stream"] as const;

/** The format that `Accept` asks for; newline-delimited JSON when it has no preference among them. */
export function chooseStreamFormat(accept: string | string[] | undefined): StreamFormat {
  switch (chooseMediaType(accept, offered)) {
    case "application/x-ndjson":
      return newlineDelimited;
    case "application/json":
      return jsonArray;
    case "text/event-stream":
      return serverSentEvents;
  }
}
