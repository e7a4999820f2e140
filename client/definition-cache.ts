/** Definition tables by hash, parsed once for all clients of a process. Tables are read only once they are here. */
import { AeonError } from "../engine/base/errors.js";
import { DefinitionTable } from "../engine/property/definition.js";
import { type ClientRpcIndex, requireSameIndex } from "./rpc-index.js";

/** Tables kept; the oldest goes first. A process rarely sees more than one. */
const TABLE_COUNT_MAX = 8;

export class DefinitionCache {
  private readonly tables = new Map<string, DefinitionTable>();

  /** Throws BYTES_MALFORMED, ENTITY_DEFINITION, or RPC_INDEX_MISMATCH when `index` is given and disagrees. */
  read(hash: string, json: Uint8Array, index: ClientRpcIndex | undefined): DefinitionTable {
    let table = this.tables.get(hash);
    if (table === undefined) {
      table = DefinitionTable.fromJson(decode(json));
      if (table.hash !== hash) throw new AeonError("BYTES_MALFORMED", "definitions and their hash differ");
    }
    if (index !== undefined) requireSameIndex(index, table);
    this.keep(hash, table);
    return table;
  }

  private keep(hash: string, table: DefinitionTable): void {
    if (this.tables.has(hash)) return;
    const oldest = this.tables.keys().next();
    if (this.tables.size >= TABLE_COUNT_MAX && oldest.done !== true) this.tables.delete(oldest.value);
    this.tables.set(hash, table);
  }
}

function decode(json: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(json);
  } catch (cause) {
    throw new AeonError("BYTES_MALFORMED", "definitions are not UTF-8", { cause });
  }
}
