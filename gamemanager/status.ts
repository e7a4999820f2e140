/** The answer to `statusRequest`: every process with its load, the gamemanager itself first. */
import type { Incarnation } from "../engine/base/ids.js";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import type { ManagerOutbound } from "../engine/protocol/manager-link.js";
import type { MessageValue } from "../engine/protocol/message.js";
import { type ProcessRegistry, processEntryOf } from "./process-registry.js";
import type { StubTable } from "./stub-table.js";

type StatusReply = MessageValue<typeof ManagerOutbound.statusReply>;

export interface StatusSources {
  readonly requestId: number;
  readonly env: ProcessEnv;
  readonly registry: ProcessRegistry;
  readonly stubs: StubTable;
  readonly open: boolean;
  readonly primary: Incarnation;
  /** The gamemanager's own. */
  readonly incarnation: Incarnation;
  readonly isStopping: boolean;
}

export function statusOf(sources: StatusSources): StatusReply {
  const { requestId, open, primary, registry, stubs } = sources;
  const members = registry.all().map((process) => ({ process: processEntryOf(process), ...process.load }));
  return { requestId, open, primary, processes: [managerRow(sources), ...members], stubs: stubs.created() };
}

function managerRow({ env, incarnation, isStopping }: StatusSources): StatusReply["processes"][number] {
  return {
    process: {
      kind: "gamemanager",
      name: "gamemanager",
      incarnation,
      pid: env.pid,
      host: env.gamemanager.host,
      linkPort: env.gamemanager.port,
      clientUrl: "",
      state: isStopping ? "stopping" : "ready",
    },
    ...env.usage(),
    entities: 0,
    clients: 0,
  };
}
