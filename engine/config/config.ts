/** Checks a configuration and fills in its defaults. Reading the file is the process shell's work. */
import { AeonError } from "../base/errors.js";
import { type AeonConfig, configSchema, RELATIONS } from "./schema.js";

export type { AeonConfig } from "./schema.js";

/** Throws CONFIG_INVALID with one line that names the key. */
export function parseConfig(input: unknown): AeonConfig {
  const result = configSchema.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0];
    const unknownKey = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    const key = [...(issue?.path ?? []), ...unknownKey].join(".");
    const what = issue?.code === "unrecognized_keys" ? "unknown key" : (issue?.message ?? "wrong value");
    throw new AeonError("CONFIG_INVALID", key === "" ? what : `${key}: ${what}`, { details: { key } });
  }
  const broken = RELATIONS.find((relation) => !relation.holds(result.data));
  if (broken !== undefined) throw new AeonError("CONFIG_INVALID", broken.text);
  return result.data;
}

export function defaultConfig(): AeonConfig {
  return parseConfig({});
}
