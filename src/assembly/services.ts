// The services beside those of lookups (lookup-services.ts), and what they are given. One registration serves all protocols.

import { createRegistry, type DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { createAuditService } from "../audit/audit-service.ts";
import type { Ledger } from "../audit/ledger.ts";
import { createAvailabilityService } from "../availability/availability-service.ts";
import type { PublicAvailability } from "../availability/public-availability.ts";
import { createBreachService } from "../breach/breach-service.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { IntrospectionService } from "../gen/particulier/v2/introspection_pb.ts";
import { StudentService } from "../gen/particulier/v2/student_pb.ts";
import { StudentStatusService } from "../gen/particulier/v3/student_status_pb.ts";
import { AuditService } from "../gen/statutetudiant/audit/v1/audit_pb.ts";
import { AvailabilityService } from "../gen/statutetudiant/availability/v1/availability_pb.ts";
import { BreachService } from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import { JobService } from "../gen/statutetudiant/job/v1/job_pb.ts";
import { JournalService } from "../gen/statutetudiant/journal/v1/journal_pb.ts";
import { LookupService } from "../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { MailService } from "../gen/statutetudiant/mail/v1/mail_pb.ts";
import { NoticeService } from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { OperatorService } from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import { ContactService } from "../gen/statutetudiant/partner/v1/contact_pb.ts";
import { PartnerService } from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { ProcedureService } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { SessionService } from "../gen/statutetudiant/session/v1/session_pb.ts";
import { StatisticsService } from "../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { TermsService } from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import { TokenService } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { createHealthService } from "../health/health-service.ts";
import { holdsStudentNumber } from "../identity/student-number.ts";
import { createCallReader } from "../journal/call-reader.ts";
import type { JournalKeys } from "../journal/journal-keys.ts";
import { createJournalService } from "../journal/journal-service.ts";
import type { JournalReader } from "../journal/journal-storage.ts";
import { createCallOpening } from "../journal/open-call.ts";
import type { RollupReader } from "../journal/rollup-reader-storage.ts";
import { createCallSearch } from "../journal/search-calls.ts";
import { createMailService } from "../mail/mail-service.ts";
import type { Mails } from "../mail/mails.ts";
import { createNoticeService, type NoticeUseCases } from "../notice/notice-service.ts";
import { createOperatorService } from "../operator/operator-service.ts";
import { createContactService } from "../partner/contact-service.ts";
import { createPartnerService } from "../partner/partner-service.ts";
import { createProcedureService } from "../procedure/procedure-service.ts";
import { createReflectionService } from "../reflection/reflection-service.ts";
import { createJobService } from "../schedule/job-service.ts";
import type { ScheduledJobs } from "../schedule/scheduled-jobs.ts";
import type { Sessions } from "../session/session.ts";
import { createSessionService } from "../session/session-service.ts";
import { createCalls } from "../statistics/calls.ts";
import { createGetCapacity } from "../statistics/capacity.ts";
import { createStatisticsService } from "../statistics/statistics-service.ts";
import { createGetTokenUsage } from "../statistics/token-usage.ts";
import { createUsageStatistics } from "../statistics/usage.ts";
import type { Database } from "../storage/database.ts";
import { createTermsService } from "../terms/terms-service.ts";
import type { LastUses } from "../token/token-parts.ts";
import { createTokenService } from "../token/token-service.ts";
import type { Administration } from "./administration.ts";
import { createProceduresAndTokens } from "./procedures-and-tokens.ts";
import { findHolders } from "./trace-holders.ts";

export interface ServiceParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly journalReader: JournalReader;
  readonly journalKeys: JournalKeys;
  readonly lastUses: LastUses;
  readonly sessions: Sessions;
  readonly administration: Administration;
  readonly rollups: RollupReader;
  /** The tokens of a partner, whatever their state. */
  readonly tokenIdsOf: (partnerId: string) => Promise<readonly string[]>;
  readonly availability: PublicAvailability;
  readonly notices: NoticeUseCases;
  readonly mails: Mails;
  readonly jobs: ScheduledJobs;
  readonly serving: () => boolean;
}

/** Services whose contracts are ours to describe. */
export const described: readonly DescService[] = [
  LookupService,
  TokenService,
  ProcedureService,
  StatisticsService,
  AvailabilityService,
  SessionService,
  PartnerService,
  ContactService,
  TermsService,
  BreachService,
  OperatorService,
  AuditService,
  NoticeService,
  MailService,
  JournalService,
  JobService,
  StudentStatusService,
  StudentService,
  IntrospectionService,
  Health,
];

/** Makes the services once, and gives what registers them. */
export function createServices(parts: ServiceParts): (router: ConnectRouter) => void {
  const { config, clock, administration } = parts;
  const rates = {
    callsPerSecond: config.CALLS_PER_SECOND,
    tokenCallsPerSecond: config.TOKEN_CALLS_PER_SECOND,
  };
  const administered = createProceduresAndTokens(parts);
  const tokens = createTokenService(rates, administered.tokens);
  const statistics = createStatistics(parts);
  const sealed = { reader: parts.journalReader, keys: parts.journalKeys, ledger: parts.ledger };
  const searchCalls = createCallSearch({
    ...{ ...sealed, holdsStudentNumber },
    findHolders: (ids) => findHolders(parts.database.knex, ids),
  });
  const health = createHealthService(
    parts.serving,
    described.map(({ typeName }) => typeName),
  );
  const reflected = [...described, ServerReflection, ServerReflectionAlpha];
  const reflection = createReflectionService(reflected, createRegistry(...reflected.map(({ file }) => file)));
  return (router) => {
    router
      .service(TokenService, tokens)
      .service(ProcedureService, createProcedureService(administered.procedures))
      .service(StatisticsService, statistics)
      .service(AvailabilityService, createAvailabilityService(parts.availability))
      .service(SessionService, createSessionService(parts.sessions))
      .service(PartnerService, createPartnerService(administration.partners, administration.decisions))
      .service(ContactService, createContactService(administration.contacts))
      .service(TermsService, createTermsService(administration.terms))
      .service(BreachService, createBreachService(administration.breaches))
      .service(OperatorService, createOperatorService(administration.operators))
      .service(AuditService, createAuditService(administration.auditReading))
      .service(NoticeService, createNoticeService(parts.notices, clock))
      .service(MailService, createMailService(parts.mails))
      .service(JournalService, createJournalService(searchCalls, createCallOpening(sealed)))
      .service(JobService, createJobService(parts.jobs))
      .service(Health, health)
      .service(ServerReflection, reflection)
      .service(ServerReflectionAlpha, reflection as never);
  };
}

function createStatistics({ config, clock, journalReader, rollups: source, tokenIdsOf }: ServiceParts) {
  return createStatisticsService({
    getTokenUsage: createGetTokenUsage({ clock, source }),
    usage: createUsageStatistics({ clock, source, tokenIdsOf }),
    calls: createCalls(createCallReader(journalReader), tokenIdsOf, clock),
    getCapacity: createGetCapacity({ clock, source, promisedPerSecond: config.CALLS_PER_SECOND }),
  });
}
