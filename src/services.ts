// Every service and what it is given. One registration serves all protocols.
import { createRegistry, type DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { Health } from "./gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "./gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { IntrospectionService } from "./gen/particulier/v2/introspection_pb.ts";
import { StudentService } from "./gen/particulier/v2/student_pb.ts";
import { StudentStatusService } from "./gen/particulier/v3/student_status_pb.ts";
import { LookupService } from "./gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { SessionService } from "./gen/statutetudiant/session/v1/session_pb.ts";
import { StatisticsService } from "./gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { TokenService } from "./gen/statutetudiant/token/v1/token_pb.ts";
import { createHealthService } from "./health/health-service.ts";
import type { CommuneDirectory } from "./identity/communes.ts";
import type { JournalReader } from "./journal/journal-storage.ts";
import { parisDay } from "./journal/paris-day.ts";
import { createLookup, type Institutions } from "./lookup/lookup.ts";
import { createLookupService } from "./lookup/lookup-service.ts";
import { createVersion2Introspection, createVersion2Service } from "./particulier/version-2-service.ts";
import { createVersion3Service } from "./particulier/version-3-service.ts";
import type { StudentStorage } from "./referential/student.ts";
import { createReflectionService } from "./reflection/reflection-service.ts";
import type { Sessions } from "./session/session.ts";
import { createSessionService } from "./session/session-service.ts";
import { createStatisticsService } from "./statistics/statistics-service.ts";
import { createGetTokenUsage } from "./statistics/token-usage.ts";
import { createTokenService } from "./token/token-service.ts";

export interface ServiceParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly students: StudentStorage;
  readonly institutions: Institutions;
  readonly communes: CommuneDirectory;
  readonly journalReader: JournalReader;
  readonly sessions: Sessions;
  readonly serving: () => boolean;
}

/** Services whose contracts are ours to describe. */
const described: readonly DescService[] = [
  LookupService,
  TokenService,
  StatisticsService,
  SessionService,
  StudentStatusService,
  StudentService,
  IntrospectionService,
  Health,
];

/** Makes the services once, and gives what registers them. */
export function createServices(parts: ServiceParts): (router: ConnectRouter) => void {
  const { config, clock, students, institutions, communes, journalReader } = parts;
  const rates = {
    callsPerSecond: config.CALLS_PER_SECOND,
    tokenCallsPerSecond: config.TOKEN_CALLS_PER_SECOND,
  };
  const useCases = createLookup({ students, institutions, clock, window: config.ADMISSION_WINDOW });
  const lookup = createLookupService(useCases, communes);
  const version3 = createVersion3Service(useCases, communes);
  const version2 = createVersion2Service(useCases, communes);
  const version2Introspection = createVersion2Introspection();
  const tokens = createTokenService(rates);
  const statistics = createStatisticsService(
    createGetTokenUsage({ clock, usageByDay: journalReader.usageByDay, dayOf: parisDay }),
  );
  const health = createHealthService(
    parts.serving,
    described.map(({ typeName }) => typeName),
  );
  const reflected = [...described, ServerReflection, ServerReflectionAlpha];
  const reflection = createReflectionService(reflected, createRegistry(...reflected.map(({ file }) => file)));
  return (router) => {
    router
      .service(LookupService, lookup)
      .service(TokenService, tokens)
      .service(StatisticsService, statistics)
      .service(SessionService, createSessionService(parts.sessions))
      .service(StudentStatusService, version3)
      .service(StudentService, version2)
      .service(IntrospectionService, version2Introspection)
      .service(Health, health)
      .service(ServerReflection, reflection)
      .service(ServerReflectionAlpha, reflection as never);
  };
}
