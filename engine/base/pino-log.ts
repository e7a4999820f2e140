/** The log of a real process: JSON lines by pino, each written before the call returns, so that a kill loses none. */
import { type Logger, pino } from "pino";
import type { Log, LogData, LogLevel } from "./log.js";

/** Appends to `file`; makes its folder. Throws what the file system throws. */
export function openPinoLog(options: { file: string; level: LogLevel; data: LogData }): Log {
  const destination = pino.destination({ dest: options.file, mkdir: true, append: true, sync: true });
  const logger = pino({ level: options.level, base: { ...options.data }, messageKey: "event" }, destination);
  return wrap(logger);
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, data = {}) => logger.debug(data, event),
    info: (event, data = {}) => logger.info(data, event),
    warn: (event, data = {}) => logger.warn(data, event),
    error: (event, data = {}) => logger.error(data, event),
    child: (data) => wrap(logger.child({ ...data })),
  };
}
