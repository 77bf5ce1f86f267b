/** Why a line is refused. It names the field and the rule, and never repeats the value (personal data). */
export interface ImportProblem {
  /** Line number in the file, from 1. */
  readonly line: number;
  /** Path of the field as the format names it (`admissions[1].regime`); empty when the whole line is meant. */
  readonly field: string;
  readonly reason: string;
}

/** Problems of the record that is being read. One list is reused for all records: most have none. */
export class ProblemList {
  /** Line that problems are attributed to. */
  line = 0;
  /** Index of the admission that is being read; absent while the student's own fields are read. */
  admission: number | undefined;
  readonly #problems: ImportProblem[] = [];

  get size(): number {
    return this.#problems.length;
  }

  add(field: string, reason: string): void {
    const path = this.admission === undefined ? field : `admissions[${this.admission}].${field}`;
    this.#problems.push({ line: this.line, field: path, reason });
  }

  /** Empties the list and returns what it held. */
  take(): ImportProblem[] {
    this.admission = undefined;
    return this.#problems.splice(0);
  }
}
