// The services that look students up: what is answered first after a start.
import type { DescMessage } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { IntrospectionService } from "../gen/particulier/v2/introspection_pb.ts";
import { StudentService } from "../gen/particulier/v2/student_pb.ts";
import {
  type GetByIdentityRequest,
  GetByIdentityRequestSchema,
  StudentStatusService,
} from "../gen/particulier/v3/student_status_pb.ts";
import { LookupService } from "../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import { createLookup, type Institutions } from "../lookup/lookup.ts";
import { createLookupService } from "../lookup/lookup-service.ts";
import { createLookUpUser, type IdentifyUser } from "../lookup/lookup-user.ts";
import { createVersion2Introspection, createVersion2Service } from "../particulier/version-2-service.ts";
import { checkIdentity } from "../particulier/version-3-identity.ts";
import { createVersion3Service } from "../particulier/version-3-service.ts";
import type { StudentStorage } from "../referential/student.ts";
import type { CrossCheck } from "../validation/refuse-invalid.ts";

export interface LookupServiceParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly students: StudentStorage;
  readonly institutions: Institutions;
  readonly communes: CommuneDirectory;
  /** Absent where FranceConnect is not configured. */
  readonly identifyUser: IdentifyUser | undefined;
}

export interface LookupServices {
  register(router: ConnectRouter): void;
  /** What a request of theirs has to fulfil beside the rules of its contract; undefined: nothing. */
  crossCheck(schema: DescMessage): CrossCheck | undefined;
}

/** Makes the services once. */
export function createLookupServices(parts: LookupServiceParts): LookupServices {
  const { config, clock, students, institutions, communes } = parts;
  const useCases = createLookup({ students, institutions, clock, window: config.ADMISSION_WINDOW });
  const lookUpUser = createLookUpUser(useCases, parts.identifyUser);
  const lookup = createLookupService(useCases, communes, lookUpUser);
  const version3 = createVersion3Service(useCases, communes, lookUpUser);
  const version2 = createVersion2Service(useCases, communes);
  const introspection = createVersion2Introspection();
  const checkVersion3: CrossCheck = (message, isGood) =>
    checkIdentity(message as GetByIdentityRequest, isGood, communes);
  return {
    register(router) {
      router
        .service(LookupService, lookup)
        .service(StudentStatusService, version3)
        .service(StudentService, version2)
        .service(IntrospectionService, introspection);
    },
    crossCheck: (schema) => (schema === GetByIdentityRequestSchema ? checkVersion3 : undefined),
  };
}
