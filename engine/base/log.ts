/** The log as a core sees it: an event in a few words and its data. Real processes write it as JSON lines (pino-log.ts). */
export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogData = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, data?: LogData): void;
  info(event: string, data?: LogData): void;
  warn(event: string, data?: LogData): void;
  error(event: string, data?: LogData): void;
  /** A log that adds `data` to each line. */
  child(data: LogData): Log;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** A log that hands each line to `write`; for tests and for `aeon dev`. */
export function callbackLog(write: (level: LogLevel, event: string, data: LogData) => void, base: LogData = {}): Log {
  const at =
    (level: LogLevel) =>
    (event: string, data: LogData = {}) =>
      write(level, event, { ...base, ...data });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (data) => callbackLog(write, { ...base, ...data }),
  };
}
