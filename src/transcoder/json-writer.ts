// Message → JSON text, compiled from the descriptor: what `JSON.stringify(toJson(…))` gives, without the tree between.
// Types that this does not write (maps, bytes, floats, 64-bit integers, well-known types) leave their whole message to
// protobuf-es.
import {
  type DescField,
  type DescMessage,
  type JsonWriteOptions,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { isProto3, isWellKnown, zeroOf } from "./proto3.ts";

/** JSON text of a message. */
export type JsonWriter = (message: Message) => string;

type Fields = Readonly<Record<string, unknown>>;
/** Text of a field with its name and a comma before it; empty when it is left out. */
type FieldWriter = (message: Fields) => string;
type ValueWriter = (value: unknown) => string;

/** Compiles the writer of a message type for some options; it is to be kept. */
export function createJsonWriter(desc: DescMessage, options: Partial<JsonWriteOptions>): JsonWriter {
  return new Compiler(options).messageWriter(desc);
}

class Compiler {
  readonly #options: Partial<JsonWriteOptions>;
  readonly #writers = new Map<DescMessage, JsonWriter>();

  constructor(options: Partial<JsonWriteOptions>) {
    this.#options = options;
  }

  messageWriter(desc: DescMessage): JsonWriter {
    const writer = this.#writers.get(desc) ?? this.#compile(desc);
    this.#writers.set(desc, writer);
    return writer;
  }

  #compile(desc: DescMessage): JsonWriter {
    const slow: JsonWriter = (message) => JSON.stringify(toJson(desc, message, this.#options));
    const ordered = desc.fields.toSorted((a, b) => a.number - b.number);
    const writers = ordered.map((field) => this.#fieldWriter(field));
    if (
      !isProto3(desc) ||
      isWellKnown(desc) ||
      this.#options.alwaysEmitImplicit === true ||
      !writers.every(isKnown)
    )
      return slow;
    const { typeName } = desc;
    return (message) => {
      // Whatever else it is, protobuf-es finds the words for it.
      if (message.$typeName !== typeName || message.$unknown !== undefined) return slow(message);
      let text = "";
      for (const write of writers) text += write(message as unknown as Fields);
      return text === "" ? "{}" : `{${text.slice(1)}}`;
    };
  }

  #fieldWriter(field: DescField): FieldWriter | undefined {
    const { localName } = field;
    const value = this.#valueWriter(field);
    if (value === undefined || field.oneof !== undefined) return undefined;
    const key = `,${JSON.stringify(this.#options.useProtoFieldName === true ? field.name : field.jsonName)}:`;
    if (field.fieldKind === "list") {
      return (message) => {
        const items = message[localName] as readonly unknown[];
        return items.length === 0 ? "" : `${key}[${items.map(value).join()}]`;
      };
    }
    const zero = zeroOf(field);
    return (message) => {
      const held = message[localName];
      return held === undefined || held === zero ? "" : key + value(held);
    };
  }

  #valueWriter(field: DescField): ValueWriter | undefined {
    if (field.message !== undefined && field.fieldKind !== "map") {
      if (isWellKnown(field.message)) return undefined;
      // Found when it is first needed: types may contain each other.
      const { message } = field;
      let write: JsonWriter | undefined;
      return (value) => {
        write ??= this.messageWriter(message);
        return write(value as Message);
      };
    }
    const scalar = field.fieldKind === "list" || field.fieldKind === "scalar" ? field.scalar : undefined;
    if (scalar === ScalarType.STRING) return writeString;
    if (scalar === ScalarType.BOOL) return writeBoolean;
    return undefined;
  }
}

function isKnown(writer: FieldWriter | undefined): writer is FieldWriter {
  return writer !== undefined;
}

/** Texts that JSON writes as they are: no control character, quote, backslash or surrogate. */
const plainText = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function writeString(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a field of type string holds something else");
  return plainText.test(value) ? `"${value}"` : JSON.stringify(value);
}

function writeBoolean(value: unknown): string {
  if (typeof value !== "boolean") throw new TypeError("a field of type bool holds something else");
  return value ? "true" : "false";
}
