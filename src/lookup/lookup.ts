// The use cases of a lookup, the same for every surface: which student, which admissions. What a caller may see of
// them is each surface's mask. Synchronous as long as storage answers at once.
import { type Awaitable, then } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import {
  type IdentityCriteria,
  type IdentitySearch,
  matchExactly,
  matchVariants,
  prepareSearch,
  type Verdict,
} from "../identity/match.ts";
import {
  type Admission,
  type Institution,
  maxCandidates,
  type Student,
  type StudentStorage,
} from "../referential/student.ts";
import { admissionsWithin, createAdmissionPeriod } from "./admission-window.ts";

/** What lookups need of the rest of the service. */
export interface LookupSources {
  readonly students: StudentStorage;
  readonly institutions: Institutions;
  readonly clock: Pick<Clock, "now">;
  /** ADMISSION_WINDOW */
  readonly window: "current" | "all";
}

/** Institutions by UAI, in memory. */
export interface Institutions {
  find(uai: string): Institution | undefined;
  /** To be awaited after a `find` that found nothing: an import may just have added it. */
  refresh(): Promise<void>;
}

/** A student who was found, with the admissions that may be answered, most recent first. */
export interface FoundStudent {
  readonly finding: "one";
  readonly student: Student;
  readonly admissions: readonly FoundAdmission[];
}

export interface FoundAdmission {
  readonly admission: Admission;
  /** Absent when the referential does not name it. */
  readonly institution: Institution | undefined;
}

/** Nobody and several people are the same answer to a caller: only the journal may tell them apart. */
export interface NotFound {
  readonly finding: "none" | "several";
}

export type LookupResult = FoundStudent | NotFound;

export interface Lookup {
  /** `ine` in either case. `onDate` (`YYYY-MM-DD`) keeps only the admissions that cover that day. */
  byIne(ine: string, onDate?: string): Awaitable<LookupResult>;
  byIdentity(criteria: IdentityCriteria, onDate?: string): Awaitable<LookupResult>;
}

const nobody: NotFound = { finding: "none" };

export function createLookup({ students, institutions, clock, window }: LookupSources): Lookup {
  const periodAt = createAdmissionPeriod(window);

  const found = (student: Student, onDate: string | undefined): Awaitable<FoundStudent> => {
    const admissions = admissionsWithin(student.admissions, periodAt(clock.now()), onDate);
    const complete = admissions.map(nameInstitution);
    if (complete.every(isNamed)) return { finding: "one", student, admissions: complete };
    return institutions.refresh().then(() => {
      return { finding: "one", student, admissions: admissions.map(nameInstitution) };
    });
  };
  const nameInstitution = (admission: Admission): FoundAdmission => {
    return { admission, institution: institutions.find(admission.uai) };
  };
  return {
    byIne(ine, onDate) {
      return then(students.findByIne(ine.toUpperCase()), (student) =>
        student === undefined ? nobody : found(student, onDate),
      );
    },
    byIdentity(criteria, onDate) {
      return then(findOne(students, prepareSearch(criteria)), (verdict) =>
        verdict.finding === "one" ? found(verdict.candidate, onDate) : verdict,
      );
    },
  };
}

function isNamed({ institution }: FoundAdmission): boolean {
  return institution !== undefined;
}

/**
 * Nobody and several people cost the same three queries, so that the time of a refusal does not tell which it was;
 * only an answer of stage 1 saves the other two.
 */
function findOne(students: StudentStorage, search: IdentitySearch): Awaitable<Verdict<Student>> {
  const { nameKey, birthDates } = search;
  const [birthDate = ""] = birthDates;
  return then(students.findBornOn(nameKey, birthDate), (sameDay) => {
    const exact = judge(sameDay, () => matchExactly(search, sameDay));
    if (exact.finding === "one") return exact;
    return then(findVariants(students, search), (variant) => (exact.finding === "several" ? exact : variant));
  });
}

function findVariants(students: StudentStorage, search: IdentitySearch): Awaitable<Verdict<Student>> {
  const { nameKey, birthDates } = search;
  return then(students.findByBirthName(nameKey, birthDates), (born) =>
    then(students.findByUsualName(nameKey, birthDates), (usual) =>
      judge(born, () => judge(usual, () => matchVariants(search, [...born, ...usual]))),
    ),
  );
}

/** A list that storage may have cut short proves nothing about who is not in it. */
function judge(candidates: readonly Student[], verdict: () => Verdict<Student>): Verdict<Student> {
  return candidates.length < maxCandidates ? verdict() : { finding: "several" };
}
