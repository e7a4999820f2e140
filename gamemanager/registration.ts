/** Who may join: the decision about one `processRegister`, without carrying it out. Pure; called by GameManager. */
import type { ErrorCode } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import type { ProcessRegister } from "../engine/cluster/process-table.js";
import { PROCESS_COUNT_MAX } from "../engine/protocol/limits.js";
import type { ManagedProcess, MemberKind, ProcessRegistry } from "./process-registry.js";

export interface Refusal {
  readonly kind: "refuse";
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface Admission {
  readonly kind: "admit";
  readonly processKind: MemberKind;
  readonly name: string;
  /** 0: it gets a new one. Otherwise it comes from before the gamemanager's own restart. */
  readonly incarnation: Incarnation;
  /** Who had the name and is dead by this proof. */
  readonly displaces: ManagedProcess | undefined;
}

/** A living process over a new link. */
export interface Return {
  readonly kind: "return";
  readonly process: ManagedProcess;
}

export interface RegistrationContext {
  readonly registry: ProcessRegistry;
  readonly isStopping: boolean;
  readonly isBooting: boolean;
}

export function judgeRegistration(
  message: ProcessRegister,
  context: RegistrationContext,
): Refusal | Admission | Return {
  const { registry } = context;
  if (context.isStopping) return refuse("the cluster is going down");
  if (registry.wasRemoved(message.incarnation)) return removed(message.name);
  const processKind = memberKindOf(message);
  if (processKind === null) return refuse(`a ${message.kind} does not register`);
  const living = message.incarnation === 0 ? undefined : registry.byIncarnation(message.incarnation);
  if (living !== undefined) return { kind: "return", process: living };
  if (registry.all().length >= PROCESS_COUNT_MAX) return refuse(`the cluster has ${PROCESS_COUNT_MAX} processes`);
  const name = message.name === "" ? registry.freeName(processKind, context.isBooting) : message.name;
  const displaces = registry.named(name);
  return (
    refuseName(message, name, displaces) ??
    refuseSecondDatabase(processKind, displaces, registry) ??
    refuseIndex(message, processKind, displaces, registry) ?? {
      kind: "admit",
      processKind,
      name,
      incarnation: message.incarnation,
      displaces,
    }
  );
}

/** A fresh start proves that the former holder is dead, unless its link is up; among old ones the later start holds the name. */
function refuseName(message: ProcessRegister, name: string, holder: ManagedProcess | undefined): Refusal | null {
  if (holder === undefined) return null;
  if (message.incarnation !== 0) return holder.incarnation > message.incarnation ? removed(name) : null;
  return holder.link.state === "up" ? refuse(`the name ${name} is taken by a running process`) : null;
}

function refuseSecondDatabase(
  kind: MemberKind,
  displaces: ManagedProcess | undefined,
  registry: ProcessRegistry,
): Refusal | null {
  const other = kind === "dbmanager" ? registry.ofKind(kind).find((process) => process !== displaces) : undefined;
  return other === undefined ? null : refuse(`there is a dbmanager already: ${other.name}`);
}

function refuseIndex(
  message: ProcessRegister,
  kind: MemberKind,
  displaces: ManagedProcess | undefined,
  registry: ProcessRegistry,
): Refusal | null {
  if (kind !== "game") return null;
  const other = registry.ofKind("game").find((game) => game !== displaces && game.indexHash !== message.indexHash);
  if (other === undefined) return null;
  const reason = `its RPC index ${message.indexHash} differs from ${other.name}'s ${other.indexHash}`;
  return { kind: "refuse", code: "RPC_INDEX_MISMATCH", reason };
}

function memberKindOf(message: ProcessRegister): MemberKind | null {
  return message.kind === "gamemanager" || message.kind === "cli" ? null : message.kind;
}

function refuse(reason: string): Refusal {
  return { kind: "refuse", code: "PROCESS_REFUSED", reason };
}

function removed(name: string): Refusal {
  return { kind: "refuse", code: "PROCESS_REMOVED", reason: `${name} was given up and replaced` };
}
