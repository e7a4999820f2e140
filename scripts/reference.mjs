/**
 * The tables of docs/reference/*.md, made from the code: `node scripts/reference.mjs` writes them between their markers; a test renders
 * them again and compares. The text around the markers is written by hand.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { dist, root } from "./run.mjs";

const BEGIN = "<!-- table: made by scripts/reference.mjs -->";
const END = "<!-- end of table -->";

export const pageFile = (name) => join(root, "docs", "reference", `${name}.md`);
const load = (compiled, path) => import(pathToFileURL(join(compiled, path)).href);
const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const row = (...cells) => `| ${cells.map(cell).join(" | ")} |`;
const table = (headings, rows) => [row(...headings), row(...headings.map(() => "---")), ...rows].join("\n");

/** The table of each page, from the sources compiled to `compiled`. */
export async function renderTables(compiled = dist) {
  return {
    config: await configTable(compiled),
    errors: await errorsTable(compiled),
    protocol: await protocolTables(compiled),
    cli: await cliTables(compiled),
  };
}

async function configTable(compiled) {
  const [{ configSchema, RELATIONS }, { z }] = await Promise.all([
    load(compiled, "engine/config/schema.js"),
    import("zod"),
  ]);
  const schema = z.toJSONSchema(configSchema, { io: "input" });
  const sections = Object.entries(schema.properties).map(([section, { properties }]) => {
    const rows = Object.entries(properties).map(([name, option]) =>
      row(`\`${section}.${name}\``, rangeOf(option), defaultOf(option), option.description ?? ""),
    );
    return `## ${section}\n\n${table(["option", "values", "default", "what it does"], rows)}`;
  });
  const relations = RELATIONS.map(({ text }) => `- ${text}`).join("\n");
  return `${sections.join("\n\n")}\n\n## Between options\n\n${relations}`;
}

function rangeOf(option) {
  if (option.enum !== undefined) return option.enum.map((value) => `\`${value}\``).join(", ");
  if (option.type === "integer") return `${option.minimum} … ${option.maximum}`;
  if (option.type === "number") return `number, ${option.minimum} … ${option.maximum}`;
  if (option.type === "array") return "list of texts";
  if (option.type === "boolean") return "`true`, `false`";
  const { minLength, maxLength } = option;
  return minLength === undefined ? "text" : `text of ${minLength} … ${maxLength} characters`;
}

function defaultOf(option) {
  return option.default === undefined ? "–" : `\`${JSON.stringify(option.default)}\``;
}

async function errorsTable(compiled) {
  const { ERRORS } = await load(compiled, "engine/base/errors.js");
  const rows = Object.entries(ERRORS).map(([code, { radius, text }]) => row(`\`${code}\``, radius, text));
  return table(["code", "radius", "meaning"], rows);
}

/** A protocol is an exported object whose members are messages. */
async function protocolTables(compiled) {
  const folder = join(root, "engine", "protocol");
  const parts = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .sort()) {
    const module = await load(compiled, `engine/protocol/${file.replace(/\.ts$/, ".js")}`);
    for (const [name, value] of Object.entries(module))
      if (isProtocol(value)) parts.push(protocolTable(file, name, value));
  }
  return parts.join("\n\n");
}

function isProtocol(value) {
  if (typeof value !== "object" || value === null) return false;
  const messages = Object.values(value);
  return messages.length > 0 && messages.every((entry) => entry?.body !== undefined && typeof entry.id === "number");
}

function protocolTable(file, name, protocol) {
  const rows = Object.entries(protocol)
    .sort(([, a], [, b]) => a.id - b.id)
    .map(([key, { id, about, bytesMax, body }]) => row(id, `\`${key}\``, about, bytesMax, `\`${body.shape}\``));
  const headings = ["id", "message", "what it says", "largest body, bytes", "body"];
  return `## ${name}\n\nIn \`engine/protocol/${file}\`.\n\n${table(headings, rows)}`;
}

async function cliTables(compiled) {
  const { makeProgram } = await load(compiled, "cli/program.js");
  const withParent = (command, parent) =>
    command.commands.length === 0
      ? [[`${parent}${command.name()}`, command]]
      : command.commands.flatMap((sub) => withParent(sub, `${parent}${command.name()} `));
  const parts = makeProgram()
    .commands.flatMap((command) => withParent(command, ""))
    .map(([name, command]) => {
      const usage = [
        name,
        ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
      ];
      const rows = command.options.map(({ flags, description, defaultValue, defaultValueDescription, argChoices }) =>
        row(
          `\`${flags}\``,
          argChoices === undefined ? description : `${description}: ${argChoices.join(", ")}`,
          shown(defaultValue, defaultValueDescription),
        ),
      );
      const options = rows.length === 0 ? "" : `\n\n${table(["option", "what it does", "default"], rows)}`;
      return `## aeon ${usage.join(" ")}\n\n${sentence(command.description())}${options}`;
    });
  return parts.join("\n\n");
}

function shown(value, description) {
  if (description !== undefined) return description;
  return value === undefined || typeof value === "boolean" ? "" : `\`${value}\``;
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What stands between the markers of a page; null when it has none. */
export function tableIn(page) {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  return from < 0 || to < 0 ? null : page.slice(from + BEGIN.length, to).trim();
}

function withTable(page, text) {
  const from = page.indexOf(BEGIN) + BEGIN.length;
  return `${page.slice(0, from)}\n\n${text}\n\n${page.slice(page.indexOf(END))}`;
}

async function writePages(compiled) {
  for (const [name, text] of Object.entries(await renderTables(compiled))) {
    const page = existsSync(pageFile(name)) ? readFileSync(pageFile(name), "utf8") : `# ${name}\n\n${BEGIN}\n${END}\n`;
    writeFileSync(pageFile(name), withTable(page, text));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await writePages(process.argv[2] ?? dist);
