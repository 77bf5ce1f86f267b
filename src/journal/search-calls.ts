// Searching the journal for who consulted a student's data, and for what a token or a request did. Each search is an
// event of the audit log before it shows anything. There, a student is the blind index of the INE and nothing else.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Acting } from "../audit/acting.ts";
import type { AuditEntry } from "../audit/audit-event.ts";
import type { Ledger } from "../audit/ledger.ts";
import { type ServiceError, serviceError } from "../errors.ts";
import {
  type CallHolder,
  type FoundCallSchema,
  JournalService,
  type SearchCallsRequest,
  SearchCallsRequestSchema,
} from "../gen/statutetudiant/journal/v1/journal_pb.ts";
import { readPage, writePageToken } from "../storage/page.ts";
import type { SealedFacts } from "./journal.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import type { JournalReader, JournalRecord, LineFilter } from "./journal-storage.ts";
import { position } from "./line-encoding.ts";
import { UnsealError } from "./seal.ts";

/** Who calls under an identifier of the journal. */
export type NamedHolder = Omit<CallHolder, "$typeName" | "$unknown">;

export interface CallSearchParts {
  readonly reader: Pick<JournalReader, "latest" | "open">;
  readonly keys: JournalKeys;
  readonly ledger: Pick<Ledger, "write">;
  /** Whether a text holds what has the shape of an INE. */
  readonly holdsStudentNumber: (text: string) => boolean;
  /** Names those of these identifiers who are known, by identifier. */
  readonly findHolders: (ids: readonly string[]) => Promise<ReadonlyMap<string, NamedHolder>>;
}

/** Errors: `invalid_request` without a criterion, with an INE in the reason, or for a wrong page token. */
export function createCallSearch(parts: CallSearchParts) {
  const { reader, keys, findHolders } = parts;
  return async (acting: Acting, request: SearchCallsRequest) => {
    refuseUnfit(request);
    // Before anything is read, so that the refusal tells nothing of who is found.
    if (parts.holdsStudentNumber(request.reason)) throw namingReason();
    const student = request.ine === undefined ? "" : ineIndex(keys, request.ine).toString("hex");
    const filter = filterOf(request);
    const order = { pageSize: request.pageSize, pageToken: request.pageToken, orderBy: "" };
    // A page goes on from a line's place in the journal, which is a text.
    const page = readPage(order, { receive_time: "place" }, { ...filter, ine: student });
    await trace(parts, acting, request, student);
    const lines = await reader.latest(filter, page.limit + 1, page.after?.[0]?.toString());
    const shown = lines.slice(0, page.limit);
    const holders = await findHolders([...new Set(shown.map(holderId).filter((id) => id !== ""))]);
    const last = shown.at(-1);
    const hasMore = lines.length > shown.length && last !== undefined;
    return {
      calls: shown.map((line) => describe(line, openFacts(reader, line), holders)),
      nextPageToken: hasMore ? writePageToken(page, [last.cursor, ""]) : "",
    };
  };
}

function refuseUnfit({ ine, tokenId, callId, reason }: SearchCallsRequest): void {
  if (ine === undefined && tokenId === "" && callId === "") {
    const description = "Donnez un INE, un identifiant de jeton ou un identifiant d'appel.";
    throw serviceError("invalid_request", { violations: [{ field: "ine", description }] });
  }
  refuseNamingReason(reason, ine);
}

/** A reason is kept in the clear, and must not name the student. Errors: `invalid_request`. */
export function refuseNamingReason(reason: string, ine: string | undefined): void {
  if (isNaming(reason, ine)) throw namingReason();
}

function namingReason(): ServiceError {
  const description = "Ne doit pas contenir l'INE : citez la référence de la demande.";
  return serviceError("invalid_request", { violations: [{ field: "reason", description }] });
}

/** Whether a reason holds the INE. */
export function isNaming(reason: string, ine: string | undefined): boolean {
  return ine !== undefined && ine !== "" && reason.toUpperCase().includes(ine.toUpperCase());
}

function filterOf({ ine, tokenId, callId }: SearchCallsRequest): LineFilter {
  return {
    ...(ine !== undefined && { ine }),
    ...(tokenId !== "" && { tokenId }),
    ...(callId !== "" && { requestId: callId }),
  };
}

/** What the ledger keeps of the request, its fingerprint included, must not lead back to the INE either. */
async function trace(
  { ledger }: CallSearchParts,
  { actor }: Acting,
  request: SearchCallsRequest,
  student: string,
): Promise<void> {
  const { tokenId, callId, reason, ine: _, ...rest } = request;
  const blind = create(SearchCallsRequestSchema, {
    ...{ requestId: rest.requestId, tokenId, callId, reason },
    ...{ pageSize: rest.pageSize, pageToken: rest.pageToken },
    ...(student !== "" && { ine: student }),
  });
  await ledger.write(JournalService.method.searchCalls, blind, actor, async ({ record }) => {
    record(searchEntry({ student, tokenId, callId, reason, followingPage: rest.pageToken !== "" }));
    return {};
  });
}

/** A search as the audit log keeps it. */
interface TracedSearch {
  /** Blind index of the INE, in hexadecimal digits; empty: of any student. */
  readonly student: string;
  readonly tokenId?: string | undefined;
  readonly callId?: string | undefined;
  readonly reason: string;
  readonly followingPage?: boolean;
  /** How many lines it shows, where that is known before. */
  readonly lines?: number;
}

/** What the audit log keeps of a search, here and at the terminal. */
export function searchEntry(search: TracedSearch): AuditEntry {
  const { student, tokenId = "", callId = "", reason, followingPage = false, lines } = search;
  return {
    action: "journal.search",
    subject: student || callId || tokenId,
    reason,
    after: {
      ...(student !== "" && { student }),
      ...(tokenId !== "" && { tokenId }),
      ...(callId !== "" && { callId }),
      ...(followingPage && { followingPage }),
      ...(lines !== undefined && { lines }),
    },
  };
}

function holderId({ values }: JournalRecord): string {
  return String(values[position.tokenId] ?? "");
}

/** A line under a key that was lost must not hide the others. */
export function openFacts(reader: Pick<JournalReader, "open">, line: JournalRecord): SealedFacts | undefined {
  try {
    return reader.open(line);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

function describe(
  line: JournalRecord,
  facts: SealedFacts | undefined,
  holders: ReadonlyMap<string, NamedHolder>,
): MessageInitShape<typeof FoundCallSchema> {
  const text = (name: keyof typeof position) => String(line.values[position[name]] ?? "");
  const id = holderId(line);
  const unnamed = { id, name: "", partnerId: "", partnerSiret: "", partnerName: "" };
  return {
    callId: text("requestId"),
    receiveTime: timestampFromMs(Number(line.values[position.receivedAt] ?? 0)),
    ...(id !== "" && { holder: holders.get(id) ?? unnamed }),
    procedureId: text("procedureId"),
    recipient: text("recipient"),
    agent: facts?.agent ?? "",
    protocol: text("protocol"),
    method: text("rpc"),
    route: text("route"),
    clientAddress: text("clientAddress"),
    httpStatus: Number(line.values[position.httpStatus] ?? 0),
    outcome: text("outcome"),
    finding: facts?.finding ?? "",
  };
}
