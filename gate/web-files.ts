/**
 * The web page that a gate serves beside its WebSocket: files of one folder, and `/gates.json`. Nothing outside the folder, no hidden
 * file and no link that leads out of it is ever served. Called by the WebSocket listener's HTTP handler, on the gate's thread: pages
 * are few and small, so that files are read when they are asked for.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";

export interface WebReply {
  readonly status: number;
  /** Content type. */
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebFilesOptions {
  /** Absolute path of the folder. */
  readonly root: string;
  /** Where clients reach the gates. */
  gates(): readonly string[];
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
};
const UNKNOWN_TYPE = "application/octet-stream";
const HTML = ".html";
/** The bundler puts a hash of the content into the names of this folder's files. */
const HASHED_FOLDER = "/assets/";
const CACHE_HASHED = "public, max-age=31536000, immutable";
const CACHE_CHECKED = "no-cache";
const CACHE_NEVER = "no-store";

export class WebFiles {
  private readonly options: WebFilesOptions;

  constructor(options: WebFilesOptions) {
    this.options = options;
  }

  /** Answers a request's target such as "/assets/index.js?v=1". */
  reply(target: string): WebReply {
    const path = decodedPath(target);
    if (path === null) return page(400, "Bad request", "This address cannot be read.");
    if (path === "/gates.json") return this.gatesReply();
    const root = realPath(this.options.root);
    if (root === null) return missingPage(this.options.root);
    const file = fileWithin(root, path.endsWith("/") ? `${path}index.html` : path);
    if (file !== null) return fileReply(file, path);
    if (path === "/") return missingPage(this.options.root);
    return page(404, "Not found", 'There is no such page here. <a href="/">To the start</a>');
  }

  private gatesReply(): WebReply {
    const gates = this.options.gates().map((ws) => ({ ws }));
    return reply(200, ".json", JSON.stringify({ gates }), CACHE_NEVER);
  }
}

/** The path of a request's target, decoded; null when it has a part that no page of ours has. */
function decodedPath(target: string): string | null {
  const raw = target.split(/[?#]/, 1)[0] ?? "";
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return null;
  }
  if (!path.startsWith("/") || /[\\\0]/.test(path)) return null;
  return path.split("/").some((part) => part.startsWith(".")) ? null : path;
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** The file's real path when it is one and lies within `root`. */
function fileWithin(root: string, path: string): string | null {
  const file = realPath(resolve(join(root, path)));
  if (file === null || !file.startsWith(root + sep)) return null;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : null;
}

function fileReply(file: string, path: string): WebReply {
  return reply(200, extname(file).toLowerCase(), readFileSync(file), cacheOf(path));
}

function cacheOf(path: string): string {
  return path.startsWith(HASHED_FOLDER) ? CACHE_HASHED : CACHE_CHECKED;
}

function missingPage(root: string): WebReply {
  const command = "<code>npm run build</code>";
  return page(
    503,
    "No web page yet",
    `The gate runs, but its web folder is missing: <code>${escaped(root)}</code>. Run ${command}.`,
  );
}

function page(status: number, title: string, text: string): WebReply {
  const style = "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color:#243}";
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`;
  const html = `<!doctype html><html lang="en">${head}<style>${style}</style><h1>${title}</h1><p>${text}</p></html>`;
  return reply(status, HTML, html, CACHE_NEVER);
}

function reply(status: number, extension: string, body: string | Uint8Array, cache: string): WebReply {
  return {
    status,
    type: TYPES[extension] ?? UNKNOWN_TYPE,
    body,
    headers: { "cache-control": cache, "x-content-type-options": "nosniff" },
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
