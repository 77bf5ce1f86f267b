import type { Clock } from "../clock.ts";
import type { ImportCounts } from "../referential/import-referential.ts";

/** Tells how far an import is: a bar that redraws itself on a terminal, plain lines elsewhere. */
export interface ImportProgress {
  /** `readBytes` counts what was read of the file as it is stored (compressed, if it is). */
  report(counts: Readonly<ImportCounts>, readBytes: number, resuming: boolean): void;
  /** Clears the bar. */
  end(): void;
}

const redrawMs = 200;
const plainLineMs = 10_000;
const barWidth = 24;

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly clock: Clock;
  readonly label: string;
  /** Size of the file; absent for standard input, whose end nobody knows. */
  readonly totalBytes: number | undefined;
}

export function createImportProgress({ stream, clock, label, totalBytes }: ProgressOptions): ImportProgress {
  const startedAt = clock.monotonic();
  const intervalMs = stream.isTTY ? redrawMs : plainLineMs;
  let shownAt = startedAt;
  let drawn = false;
  return {
    report(counts, readBytes, resuming) {
      const now = clock.monotonic();
      if (now - shownAt < intervalMs) return;
      shownAt = now;
      const text = describe({ label, counts, readBytes, totalBytes, elapsedMs: now - startedAt, resuming });
      stream.write(stream.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
      drawn = true;
    },
    end() {
      if (drawn && stream.isTTY) stream.write("\r\u001b[2K");
    },
  };
}

interface ProgressState {
  readonly label: string;
  readonly counts: Readonly<ImportCounts>;
  readonly readBytes: number;
  readonly totalBytes: number | undefined;
  readonly elapsedMs: number;
  readonly resuming: boolean;
}

/** One line, e.g. `students [######------] 50 % · 1,500,000 records · 60,000/s · 0:25 left`. */
export function describe(state: ProgressState): string {
  const { label, counts, readBytes, totalBytes, elapsedMs, resuming } = state;
  const records = counts.accepted + counts.refused;
  const rate = elapsedMs > 0 ? Math.round((records * 1000) / elapsedMs) : 0;
  const parts = [`${records.toLocaleString("en")} records`, `${rate.toLocaleString("en")}/s`];
  if (counts.refused > 0) parts.push(`${counts.refused.toLocaleString("en")} refused`);
  if (resuming) parts.push("reading again what was written");
  if (totalBytes === undefined || totalBytes === 0) return `${label} ${parts.join(" · ")}`;
  const share = Math.min(1, readBytes / totalBytes);
  if (share > 0) parts.push(`${writeDuration((elapsedMs * (1 - share)) / share)} left`);
  const filled = Math.round(share * barWidth);
  const bar = "#".repeat(filled) + "-".repeat(barWidth - filled);
  return `${label} [${bar}] ${Math.floor(share * 100)} % · ${parts.join(" · ")}`;
}

/** `h:mm:ss`, or `m:ss` below an hour. */
export function writeDuration(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
