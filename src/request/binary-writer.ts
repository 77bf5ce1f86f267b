// Message → bytes, compiled from the descriptor: what `toBinary` gives, written into memory that is used again. A writer of
// protobuf-es begins with 128 bytes and takes new memory each time they do not suffice, which is some µs of an answer.
// Messages with other fields than texts, booleans and messages are left to it.
import { type DescField, type DescMessage, type Message, ScalarType, toBinary } from "@bufbuild/protobuf";
import { isProto3, isWellKnown, zeroOf } from "../transcoder/proto3.ts";
import { MessageBytes } from "./message-bytes.ts";

/** Bytes of a message behind as many others as were asked for, which the caller has to fill. */
export type BinaryWriter = (message: Message) => Buffer;

type Fields = Readonly<Record<string, unknown>>;
type MessageWriter = (bytes: MessageBytes, message: Message) => void;
type FieldWriter = (bytes: MessageBytes, message: Fields) => void;
type ValueWriter = (bytes: MessageBytes, value: unknown) => void;

/** Compiles the writer of a message type; it is to be kept. */
export function createBinaryWriter(desc: DescMessage, prefixBytes: number): BinaryWriter {
  const write = new Compiler().messageWriter(desc);
  return (message) => {
    shared.clear();
    write(shared, message);
    return shared.copy(prefixBytes);
  };
}

const shared = new MessageBytes();

class Compiler {
  readonly #writers = new Map<DescMessage, MessageWriter>();

  messageWriter(desc: DescMessage): MessageWriter {
    const writer = this.#writers.get(desc) ?? this.#compile(desc);
    this.#writers.set(desc, writer);
    return writer;
  }

  #compile(desc: DescMessage): MessageWriter {
    const slow: MessageWriter = (bytes, message) => bytes.add(toBinary(desc, message));
    const ordered = desc.fields.toSorted((a, b) => a.number - b.number);
    const writers = ordered.map((field) => this.#fieldWriter(field));
    if (!isProto3(desc) || isWellKnown(desc) || !writers.every(isKnown)) return slow;
    const { typeName } = desc;
    return (bytes, message) => {
      // Whatever else it is, protobuf-es knows what to do.
      if (message.$typeName !== typeName || message.$unknown !== undefined) return slow(bytes, message);
      for (const write of writers) write(bytes, message as unknown as Fields);
    };
  }

  #fieldWriter(field: DescField): FieldWriter | undefined {
    const { localName } = field;
    const value = this.#valueWriter(field);
    if (value === undefined || field.oneof !== undefined) return undefined;
    if (field.fieldKind === "list") {
      return (bytes, message) => {
        for (const item of message[localName] as readonly unknown[]) value(bytes, item);
      };
    }
    const zero = zeroOf(field);
    return (bytes, message) => {
      const held = message[localName];
      if (held !== undefined && held !== zero) value(bytes, held);
    };
  }

  /** Writes a value behind its tag (encoding of protobuf, "Message structure"). */
  #valueWriter(field: DescField): ValueWriter | undefined {
    const delimited = ((field.number << 3) | 2) >>> 0;
    if (field.message !== undefined && field.fieldKind !== "map") {
      if (isWellKnown(field.message) || field.delimitedEncoding) return undefined;
      // Found when it is first needed: types may contain each other.
      const { message } = field;
      let write: MessageWriter | undefined;
      return (bytes, value) => {
        write ??= this.messageWriter(message);
        bytes.addVarint(delimited);
        const start = bytes.open();
        write(bytes, value as Message);
        bytes.close(start);
      };
    }
    if (field.scalar === ScalarType.STRING && (field.fieldKind === "list" || field.fieldKind === "scalar")) {
      return (bytes, value) => {
        if (typeof value !== "string") throw new TypeError("a field of type string holds something else");
        bytes.addVarint(delimited);
        bytes.addText(value);
      };
    }
    // A list of them is packed.
    if (field.fieldKind === "scalar" && field.scalar === ScalarType.BOOL) {
      return (bytes, value) => {
        if (typeof value !== "boolean") throw new TypeError("a field of type bool holds something else");
        bytes.addVarint((field.number << 3) >>> 0);
        bytes.addVarint(value ? 1 : 0);
      };
    }
    return undefined;
  }
}

function isKnown(writer: FieldWriter | undefined): writer is FieldWriter {
  return writer !== undefined;
}
