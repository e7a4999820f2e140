/**
 * What script-side containers have in common: who owns them, and with that whether their changes are written to a sink.
 *
 * A container is in one of three states. Detached (no holder): it changes only itself. Held by a detached container: the same, but
 * it can be put nowhere else. In a tree (its way up ends at one): it has a node number, and its changes are written when the tree has a
 * sink. Numbers are taken when the container enters a tree and never used again. Script thread.
 *
 * A container knows only its holder, so that taking one out costs the same for a leaf and for a map of 100,000 entries; and a holder that
 * is emptied at once counts up its epoch instead of telling each.
 *
 * Containers hold each other, so their modules would import each other: each registers here how it is made, and makeContainer looks it up.
 */
import { AeonError, assert } from "../base/errors.js";
import type { NodeLayout, SlotLayout } from "./layout.js";
import type { PropertyOpSink, ScopeMask } from "./op-sink.js";
import { typeSignature } from "./type-description.js";
import { checkValue, normalValue, sameValue } from "./value-check.js";
import { KIND_CODES } from "./value-type.js";

/** The entity's tree as its containers see it. */
export interface TreeHost {
  /** Null: nobody listens. */
  sink: PropertyOpSink | null;
  slot: number;
  nextNode: number;
  dirtyPersistent: boolean;
}

export abstract class Container<L extends NodeLayout = NodeLayout> {
  /** @internal */
  layout: L;
  /** @internal Valid while this is in a tree. */
  node = 0;
  /** @internal Grows when everything inside is taken out at once. */
  epoch = 0;
  /** The last that held this one; it still does when its epoch is the same. */
  private owner: Container | null = null;
  private ownerEpoch = 0;

  constructor(layout: L) {
    this.layout = layout;
  }

  /** @internal What script gets when it reads the place where this stands. */
  abstract outward(): unknown;
  /** @internal Fills an empty, detached container from plain data. Throws PROPERTY_VALUE or PROPERTY_ATTACHED. */
  abstract fill(input: unknown): void;
  /** @internal The containers directly inside. */
  abstract children(): readonly Container[];
  /** @internal Takes the layout of another place of the same type, with everything inside. */
  abstract adoptLayout(layout: NodeLayout): void;
  /** @internal Writes the ops that turn an empty container of this type into this one. */
  abstract writeContents(host: TreeHost, sink: PropertyOpSink): void;
  /** @internal A copy as plain data of what the mask sees; with `saved`, of what is persistent. */
  abstract plain(mask: ScopeMask, saved?: boolean): unknown;

  /** @internal The container that holds this one; null: none does. */
  get holder(): Container | null {
    const { owner } = this;
    return owner !== null && owner.epoch === this.ownerEpoch ? owner : null;
  }

  /** @internal The tree that this is in, or null. */
  get host(): TreeHost | null {
    let at: Container = this;
    for (let up = at.holder; up !== null; up = at.holder) at = up;
    return at.ownHost;
  }

  /** @internal Makes this the property of `owner`, numbers it and what is inside. */
  enter(owner: Container): void {
    this.standIn(owner);
    const { host } = owner;
    if (host !== null) this.takeNumbers(host);
  }

  /** @internal The same for an owner that is in no tree yet. */
  standIn(owner: Container): void {
    this.owner = owner;
    this.ownerEpoch = owner.epoch;
  }

  /** @internal From now on it changes only itself. */
  leave(): void {
    this.owner = null;
  }

  /** @internal The tree itself, for its root. */
  get ownHost(): TreeHost | null {
    return null;
  }

  /** @internal Numbers this and what is inside, parents first. */
  takeNumbers(host: TreeHost): void {
    this.node = host.nextNode++;
    for (const child of this.children()) child.takeNumbers(host);
  }

  /** @internal The host whose sink wants to know of a change here, or null. Notes that the entity must be saved. */
  protected changed(persist: boolean): TreeHost | null {
    const host = this.host;
    if (host === null) return null;
    if (persist) host.dirtyPersistent = true;
    return host.sink === null ? null : host;
  }
}

export const NO_CONTAINERS: readonly Container[] = [];

/** Stands for a struct; its accessors are on a prototype made from the struct's type. */
export class StructView {
  declare readonly $node: Container;
}

/** The container behind what script holds, or null for plain data. */
export function containerOf(value: unknown): Container | null {
  if (value instanceof Container) return value;
  return value instanceof StructView ? value.$node : null;
}

/** A plain value in normal form. Throws PROPERTY_VALUE, naming the place. */
export function acceptPlain(slot: SlotLayout, value: unknown): unknown {
  if (slot.code >= KIND_CODES.int8 && slot.code <= KIND_CODES.uint32) {
    if (Number.isInteger(value) && (value as number) >= slot.min && (value as number) <= slot.max)
      return (value as number) + 0;
  } else if (slot.code === KIND_CODES.bool && typeof value === "boolean") return value;
  const problem = checkValue(slot.type, value);
  if (problem !== null) refuse(slot.label, problem);
  return normalValue(slot.type, value);
}

/** Throws PROPERTY_VALUE. */
export function refuse(label: string, problem: string): never {
  throw new AeonError("PROPERTY_VALUE", `${label}: ${problem}`);
}

export function equalPlain(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && sameValue(a, b));
}

/** Whether `container` may be put into `target`: it must belong to nobody and must not hold the target. Throws PROPERTY_ATTACHED. */
export function requireFree(container: Container, target: Container, label: string): void {
  if (container.holder !== null || container.ownHost !== null) throw new AeonError("PROPERTY_ATTACHED", label);
  for (let at: Container | null = target; at !== null; at = at.holder)
    if (at === container) throw new AeonError("PROPERTY_ATTACHED", `${label} would hold itself`);
}

type Maker = (layout: never) => Container;
const makers: Partial<Record<NodeLayout["kind"], Maker>> = {};

/** Called once by the module of each kind. */
export function registerContainer<L extends NodeLayout>(kind: L["kind"], make: (layout: L) => Container): void {
  makers[kind] = make as Maker;
}

/** An empty, detached container. */
export function emptyContainer(layout: NodeLayout): Container {
  const make = makers[layout.kind];
  assert(make !== undefined, `no module made known how to make a ${layout.kind}`);
  return make(layout as never);
}

/**
 * The container that an assignment to a place of `target` puts there: a copy of plain data, or a free container itself.
 * It is detached still. Throws PROPERTY_VALUE or PROPERTY_ATTACHED.
 */
export function acceptContainer(slot: SlotLayout, layout: NodeLayout, value: unknown, target: Container): Container {
  const given = containerOf(value);
  if (given === null) {
    const made = emptyContainer(layout);
    made.fill(value);
    return made;
  }
  requireFree(given, target, slot.label);
  if (!sameType(given.layout, layout)) refuse(slot.label, `expected a ${layout.type?.kind}, got one of another type`);
  given.adoptLayout(layout);
  return given;
}

function sameType(a: NodeLayout, b: NodeLayout): boolean {
  if (a.type === b.type) return true;
  return a.type !== null && b.type !== null && typeSignature(a.type) === typeSignature(b.type);
}
