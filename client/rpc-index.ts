/**
 * rpc-index.json as a client was built with, against the definitions that a server sends: a name that both have must have the same number
 * and signature; names that only one of them has are of no concern. Server methods and SERVER_ONLY properties never reach a client.
 */
import { AeonError } from "../engine/base/errors.js";
import type { DefinitionTable, MethodDefinition, TypeDefinition } from "../engine/property/definition.js";
import { typeSignature } from "../engine/property/types.js";

interface Entry {
  readonly number: number;
  readonly signature: string;
}
type Table = Readonly<Record<string, Entry>>;

/** The parts of rpc-index.json that a client looks at. */
export interface ClientRpcIndex {
  readonly types: Table;
  /** "Type.method" */
  readonly methods: Table;
  /** "Type.property" */
  readonly properties: Table;
}

/** Throws RPC_INDEX_MISMATCH naming the first entry about which the two disagree. */
export function requireSameIndex(index: ClientRpcIndex, definitions: DefinitionTable): void {
  for (const type of definitions.all()) {
    compare("type", index.types, type.name, type.id, type.kind);
    for (const method of type.methods)
      compare("method", index.methods, nameIn(type, method), method.id, signatureOf(method));
    // What a client gets of a property's type lacks hidden fields, so only the number can be compared.
    for (const property of type.properties)
      compare("property", index.properties, nameIn(type, property), property.id, null);
  }
}

/** As the index writes it: "exposed(text(200)) → int32". */
export function signatureOf(method: MethodDefinition): string {
  const returns = method.returns === null ? "" : ` → ${typeSignature(method.returns)}`;
  return `${method.access}(${method.args.map(typeSignature).join(", ")})${returns}`;
}

/** 8 hexadecimal digits (FNV-1a) over every entry; tells indexes apart in logs, the comparison itself is by entry. */
export function indexHashOf(index: ClientRpcIndex): string {
  let hash = 0x811c9dc5;
  for (const table of [index.types, index.methods, index.properties]) {
    for (const name of Object.keys(table).sort()) {
      const entry = `${name} ${table[name]?.number} ${table[name]?.signature};`;
      for (let i = 0; i < entry.length; i++) hash = Math.imul(hash ^ entry.charCodeAt(i), 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function nameIn(type: TypeDefinition, part: { readonly name: string }): string {
  return `${type.name}.${part.name}`;
}

function compare(what: string, table: Table, name: string, number: number, signature: string | null): void {
  const entry = table[name];
  if (entry === undefined) return;
  if (entry.number === number && (signature === null || entry.signature === signature)) return;
  const there = signature === null ? `${number}` : `${number} ${signature}`;
  throw new AeonError(
    "RPC_INDEX_MISMATCH",
    `${what} ${name} is ${entry.number} ${entry.signature} here and ${there} on the server`,
  );
}
