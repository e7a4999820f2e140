/**
 * What a member knows of its cluster: the gamemanager's last process list, looked up by incarnation, kind and name.
 * Written by ClusterMember alone.
 */
import type { Incarnation } from "../base/ids.js";
import type { ManagerInbound, ManagerOutbound, processEntry, stubEntry } from "../protocol/manager-link.js";
import type { Field, MessageValue } from "../protocol/message.js";

type FieldValue<F> = F extends Field<infer T> ? T : never;

export type ProcessEntry = Readonly<FieldValue<typeof processEntry>>;
export type StubEntry = Readonly<FieldValue<typeof stubEntry>>;
export type ProcessList = MessageValue<typeof ManagerOutbound.processList>;
export type StubTableMessage = MessageValue<typeof ManagerOutbound.stubTable>;
export type ProcessRegister = MessageValue<typeof ManagerInbound.processRegister>;
export type StubDeclaration = ProcessRegister["stubs"][number];

const NO_LIST: ProcessList = { version: 0, primary: 0, open: false, processes: [] };

export class ProcessTable {
  private list: ProcessList = NO_LIST;
  private readonly entries = new Map<Incarnation, ProcessEntry>();

  /** 0: none yet. */
  get primary(): Incarnation {
    return this.list.primary;
  }

  get open(): boolean {
    return this.list.open;
  }

  get processes(): readonly ProcessEntry[] {
    return this.list.processes;
  }

  byIncarnation(incarnation: Incarnation): ProcessEntry | undefined {
    return this.entries.get(incarnation);
  }

  ofKind(kind: ProcessEntry["kind"]): readonly ProcessEntry[] {
    return this.list.processes.filter((entry) => entry.kind === kind);
  }

  /** Takes a new list over; returns the processes that were in the last one and are gone from this one. */
  replace(list: ProcessList): ProcessEntry[] {
    const before = this.list.processes;
    this.list = list;
    this.entries.clear();
    for (const entry of list.processes) this.entries.set(entry.incarnation, entry);
    return before.filter((entry) => !this.entries.has(entry.incarnation));
  }
}
