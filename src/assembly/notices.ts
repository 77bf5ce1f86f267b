// The use cases of notices, for the service and for the command line.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { getOption, hasOption } from "@bufbuild/protobuf";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { http } from "../gen/google/api/annotations_pb.ts";
import type { FindRecipients, Outbox } from "../mail/outbox.ts";
import { createChanges } from "../notice/changes.ts";
import { createIncidents } from "../notice/incidents.ts";
import { createMaintenances } from "../notice/maintenances.ts";
import type { NoticeUseCases } from "../notice/notice-service.ts";
import { createNoticeReader } from "../notice/read-notices.ts";
import type { Database } from "../storage/database.ts";
import { described } from "./services.ts";

export interface NoticesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly findRecipients: FindRecipients;
}

export function createNotices(parts: NoticesParts): NoticeUseCases {
  const targets = new Set(described.flatMap(targetsOf));
  return {
    incidents: createIncidents(parts),
    changes: createChanges({ ...parts, isTarget: (target) => targets.has(target) }),
    maintenances: createMaintenances(parts),
    reader: createNoticeReader(parts.database, parts.clock),
  };
}

/** What of a service can go away: its methods, and each of their routes. */
function targetsOf({ typeName, methods }: DescService): string[] {
  return methods.flatMap((method) => [`${typeName}/${method.name}`, ...routesOf(method)]);
}

function routesOf(method: DescMethod): string[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map(({ pattern }) =>
    pattern.case === "custom"
      ? `${pattern.value.kind} ${pattern.value.path}`
      : `${(pattern.case ?? "").toUpperCase()} ${pattern.value ?? ""}`,
  );
}
