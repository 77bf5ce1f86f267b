import { InvalidArgumentError } from "commander";
import type { ServicePart } from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { type ServicePartName, serviceParts } from "../notice/words.ts";
import { readList } from "./option-readers.ts";

/** Parts of the service by their names, as numbers of the contract. */
export function readParts(text: string): ServicePart[] {
  return readList(text).map((name) => {
    const number = Object.hasOwn(serviceParts, name) ? serviceParts[name as ServicePartName] : undefined;
    if (number === undefined) {
      throw new InvalidArgumentError(`Parts are: ${Object.keys(serviceParts).join(", ")}.`);
    }
    return number;
  });
}
