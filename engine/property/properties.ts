/**
 * The properties of one entity on the script side, and the accessors that make them look like its fields.
 *
 * A set compares, checks, stores, and writes one op into the sink the tree is attached to. Values stand by stable property id and not
 * in the entity's own fields, so that accessors can be made anew while entities live. Script thread.
 */
import { assert } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import { refuse, type TreeHost } from "./container.js";
import type { TypeDefinition } from "./definition.js";
import { FieldNode, setField } from "./field-node.js";
import { knownPart } from "./known-part.js";
import { type FieldLayout, layoutOf } from "./layout.js";
import { OP, rootHead } from "./op-log-format.js";
import type { PropertyOpSink, RootNumberLog, ScopeMask } from "./op-sink.js";
import { ALL_SCOPES } from "./scopes.js";
import { KIND_CODES } from "./value-type.js";

// Exported from here so that whoever makes trees has loaded the modules that register their containers.
export { StructView } from "./container.js";
export { CustomList } from "./custom-list.js";
export { CustomMap } from "./custom-map.js";
export type { PropertiesOf } from "./views.js";

export class PropertyTree extends FieldNode implements TreeHost {
  readonly definition: TypeDefinition;
  /** Null: not attached; changes are stored and told to nobody. */
  sink: PropertyOpSink | null = null;
  /** The sink again, when it has a short way for numbers. */
  numberLog: RootNumberLog | null = null;
  slot = 0;
  /** @internal */
  nextNode = 1;
  /** A persistent property changed since whoever saves put this back to false. load() leaves it as it is. */
  dirtyPersistent = false;

  constructor(definition: TypeDefinition) {
    super(layoutOf(definition));
    this.definition = definition;
    for (const child of this.children()) child.takeNumbers(this);
  }

  /** Writes entityCreate and everything that differs from the defaults; from now on every change. */
  attach(sink: PropertyOpSink, slot: number, id: EntityId): void {
    assert(this.sink === null, "the properties are attached already");
    this.sink = sink;
    this.numberLog = isRootNumberLog(sink) ? sink : null;
    this.slot = slot;
    sink.entityCreate(slot, this.definition.id, id);
    this.writeContents(this, sink);
  }

  /** Stops writing; the owner of the slot writes entityDestroy. */
  detach(): void {
    this.sink = null;
    this.numberLog = null;
  }

  /** What script reads there. Throws PROPERTY_VALUE for a name that is no property. */
  get(name: string): unknown {
    return this.read(this.fieldNamed(name));
  }

  /** As an assignment to the property. Throws PROPERTY_VALUE or PROPERTY_ATTACHED. */
  set(name: string, value: unknown): void {
    setField(this, this.fieldNamed(name), value);
  }

  /** A copy of what is saved, as plain data by name. */
  persistent(): Record<string, unknown> {
    return this.plain(ALL_SCOPES, true);
  }

  /** Sets what is known by name; unknown names are skipped, in containers too. Throws PROPERTY_VALUE. */
  load(values: Readonly<Record<string, unknown>>): void {
    const dirty = this.dirtyPersistent;
    for (const [name, value] of Object.entries(values)) {
      const field = this.layout.byName.get(name);
      if (field !== undefined) setField(this, field, knownPart(field.child, value));
    }
    this.dirtyPersistent = dirty;
  }

  /** A copy of what the mask sees, as plain data by name. */
  override plain(mask: ScopeMask, saved = false): Record<string, unknown> {
    return super.plain(mask, saved);
  }

  /** @internal */
  override get ownHost(): TreeHost {
    return this;
  }

  private fieldNamed(name: string): FieldLayout {
    const field = this.layout.byName.get(name);
    return field ?? refuse(this.definition.name, `there is no property "${name}"`);
  }
}

function isRootNumberLog(sink: PropertyOpSink): sink is PropertyOpSink & RootNumberLog {
  return "rootInt" in sink;
}

/** What the accessors need of an entity. */
export interface HasProperties {
  readonly properties: PropertyTree;
}

/** Makes the definition's properties look like fields of every object with this prototype. */
export function definePropertyAccessors(prototype: object, definition: TypeDefinition): void {
  for (const field of layoutOf(definition).fields)
    Object.defineProperty(prototype, field.name, { ...accessorOf(field), enumerable: true, configurable: true });
}

type Accessor = PropertyDescriptor & ThisType<HasProperties>;

function accessorOf(field: FieldLayout): Accessor {
  if (field.child !== null) return generalAccessor(field);
  if (field.code === KIND_CODES.float32) return float32Accessor(field);
  if (field.code === KIND_CODES.float64) return float64Accessor(field);
  if (field.code >= KIND_CODES.int8 && field.code <= KIND_CODES.uint32) return integerAccessor(field);
  return generalAccessor(field);
}

function generalAccessor(field: FieldLayout): Accessor {
  return {
    get() {
      return this.properties.read(field);
    },
    set(value: unknown) {
      setField(this.properties, field, value);
    },
  };
}

/** The sink has no short way for numbers, or there is none. */
function tellSink(tree: PropertyTree, { id, scope }: FieldLayout, value: number): void {
  tree.sink?.fieldSet(tree.slot, 0, id, scope, value);
}

// Those below are setField with everything that is known of numbers taken out of the way: a set costs a few nanoseconds. Short as they are,
// V8 puts several of them into the author's loop, where a fraction is not boxed: 16 bytes less garbage a set.

function integerAccessor(field: FieldLayout): Accessor {
  const { at, id, scope, min, max, persist } = field;
  // What does not fit an int32 is logged as a double.
  const isInt32 = field.code !== KIND_CODES.uint32;
  const head = rootHead(isInt32 ? OP.rootInt : OP.rootDouble, id, scope);
  return {
    get() {
      return this.properties.values[at];
    },
    set(value: number) {
      const tree = this.properties;
      const { values } = tree;
      if (values[at] === value) return;
      if (!(typeof value === "number" && value >= min && value <= max && Math.floor(value) === value))
        return setField(tree, field, value);
      // No −0.
      const next = value + 0;
      values[at] = next;
      if (persist) tree.dirtyPersistent = true;
      const log = tree.numberLog;
      if (log === null) tellSink(tree, field, next);
      else if (isInt32) log.rootInt(tree.slot, head, next);
      else log.rootDouble(tree.slot, head, next);
    },
  };
}

function float32Accessor(field: FieldLayout): Accessor {
  const { at, id, scope, min, max, persist } = field;
  const head = rootHead(OP.rootFloat, id, scope);
  return {
    get() {
      return this.properties.doubles[at];
    },
    set(value: number) {
      const tree = this.properties;
      const { doubles } = tree;
      const next = typeof value === "number" ? Math.fround(value) + 0 : Number.NaN;
      if (!(next >= min && next <= max)) return setField(tree, field, value);
      if (doubles[at] === next) return;
      doubles[at] = next;
      if (persist) tree.dirtyPersistent = true;
      const log = tree.numberLog;
      if (log === null) tellSink(tree, field, next);
      else log.rootFloat(tree.slot, head, next);
    },
  };
}

function float64Accessor(field: FieldLayout): Accessor {
  const { at, id, scope, min, max, persist } = field;
  const head = rootHead(OP.rootDouble, id, scope);
  return {
    get() {
      return this.properties.doubles[at];
    },
    set(value: number) {
      const tree = this.properties;
      const { doubles } = tree;
      const next = typeof value === "number" ? value + 0 : Number.NaN;
      if (!(next >= min && next <= max)) return setField(tree, field, value);
      if (doubles[at] === next) return;
      doubles[at] = next;
      if (persist) tree.dirtyPersistent = true;
      const log = tree.numberLog;
      if (log === null) tellSink(tree, field, next);
      else log.rootDouble(tree.slot, head, next);
    },
  };
}
