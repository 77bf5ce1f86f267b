import type { PreparedQuery } from "./database.ts";

/** Keys of one statement. */
const mostKeys = 256;

interface Question<Row> {
  readonly answer: Promise<Row | undefined>;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Finds rows by key, and asks for all keys of one turn of the event loop with one statement, which takes a list of them:
 * of a lookup on PostgreSQL, most is what the client and the server spend on a statement. Each key has one row at most.
 * Errors: those of the query, for every key of the statement.
 */
export function askTogether<Row>(
  query: PreparedQuery<Row>,
  keyOf: (row: Row) => string,
): (key: string) => Promise<Row | undefined> {
  let waiting = new Map<string, Question<Row>>();

  async function ask(questions: Map<string, Question<Row>>): Promise<void> {
    try {
      for (const row of await query([...questions.keys()])) questions.get(keyOf(row))?.resolve(row);
      // A promise that has its row keeps it.
      for (const { resolve } of questions.values()) resolve(undefined);
    } catch (cause) {
      for (const { reject } of questions.values()) reject(cause);
    }
  }

  function askAll(): void {
    if (waiting.size === 0) return;
    const questions = waiting;
    waiting = new Map();
    void ask(questions);
  }

  return (key) => {
    let question = waiting.get(key);
    if (question === undefined) {
      const { promise: answer, resolve, reject } = Promise.withResolvers<Row | undefined>();
      question = { answer, resolve, reject };
      if (waiting.size === 0) process.nextTick(askAll);
      waiting.set(key, question);
      if (waiting.size === mostKeys) askAll();
    }
    return question.answer;
  };
}
