/** Another entity as a script sees it: `call` waits for the answer, `send` does not, `within` sets how long to wait. */
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";
import type { ProxyData } from "../property/types.js";
import { callerClassOf } from "./callers.js";
import type { Calls, Definition, Sends } from "./define.js";
import type { CallTarget, EntityRuntime } from "./runtime.js";

type ServerMethods<E> = E extends { readonly $definition: infer D extends Definition } ? D["server"] : never;
type ClientMethods<E> = E extends { readonly $definition: infer D extends Definition } ? D["client"] : never;

export interface Remote<E> {
  readonly call: Calls<ServerMethods<E>>;
  readonly send: Sends<ServerMethods<E>>;
  /** The same with this time-out in ms instead of the method's or the game's. */
  within(timeoutMs: number): { readonly call: Calls<ServerMethods<E>> };
}

export interface RemoteAvatar<E> extends Remote<E> {
  /** Calls on the avatar's own client. */
  readonly client: Sends<ClientMethods<E>>;
}

const NO_ANSWER_MS = 0;

class RemoteEntity {
  readonly host: EntityRuntime;
  readonly definition: TypeDefinition;
  readonly target: CallTarget;
  readonly call: object;
  readonly send: object;

  constructor(host: EntityRuntime, definition: TypeDefinition, target: CallTarget) {
    this.host = host;
    this.definition = definition;
    this.target = target;
    this.call = this.caller((method) => method.timeoutMs ?? host.config.callTimeoutMs);
    this.send = this.caller(() => NO_ANSWER_MS);
  }

  within(timeoutMs: number): { call: object } {
    return { call: this.caller(() => Math.max(1, timeoutMs)) };
  }

  private caller(timeoutMsOf: (method: MethodDefinition) => number): object {
    const CallerClass = callerClassOf(this.definition, "server");
    return new CallerClass((method, args) => this.host.call(this.target, method, args, timeoutMsOf(method)));
  }
}

export function remoteEntity<E>(host: EntityRuntime, definition: TypeDefinition, target: CallTarget): Remote<E> {
  return new RemoteEntity(host, definition, target) as unknown as Remote<E>;
}

export function remoteAvatar<E>(host: EntityRuntime, definition: TypeDefinition, proxy: ProxyData): RemoteAvatar<E> {
  const CallerClass = callerClassOf(definition, "client");
  const remote = new RemoteEntity(host, definition, { kind: "proxy", proxy });
  const client = new CallerClass((method, args) => host.callProxyClient(proxy, method, args));
  return Object.assign(remote, { client }) as unknown as RemoteAvatar<E>;
}
