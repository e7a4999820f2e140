/**
 * What follows from a type definition once and for all: for every place where a value can stand, its type, effective scope, default
 * and whether it is saved. Script side and shadow both work from it. Compiled once per definition and cached.
 */
import { AeonError } from "../base/errors.js";
import type { TypeDefinition } from "./definition.js";
import type { ScopeMask } from "./op-sink.js";
import { ALL_SCOPES, innerScope } from "./scopes.js";
import { defaultOf, normalValue, numberRange, sizeMax } from "./value-check.js";
import { isContainer, type KeyKind, KIND_CODES, type ValueType } from "./value-type.js";

const NUMBER_CODE_MAX = KIND_CODES.float64;
/** What is a small integer in every engine, with the sign to spare. */
export const WORD_BITS = 30;
/** How a numberPlan's entries are packed. */
export const NUMBER_PLAN = { cellMask: 0xffff, atShift: 16 } as const;
/** Fields of a bank on the wire. */
export const BANK_FIELDS = 7;
const SCOPE_MASK_COUNT = 8;

/** A place where a value can stand: a field, or the elements of a map or list. */
export interface SlotLayout {
  readonly type: ValueType<unknown>;
  /** Of KIND_CODES. */
  readonly code: number;
  /** One bit of Scope. */
  readonly scope: ScopeMask;
  readonly persist: boolean;
  /** For messages: `Avatar.school.*.number`. */
  readonly label: string;
  /** In normal form; null where a container stands. */
  readonly default: unknown;
  /** What the container here is made of; null for a plain value. */
  readonly child: NodeLayout | null;
  readonly isNumber: boolean;
  /** Bounds of a number kind. */
  readonly min: number;
  readonly max: number;
}

/** A class, not a literal: all have one shape, and what every change reads stands in the object itself. */
export class FieldLayout implements SlotLayout {
  /** For a number: in a row of a shadow, the cell with its value; what it was stands behind. −1 for others. */
  readonly cell: number;
  /** Its bit in masks over the fields: `bit` of word `word`. */
  readonly word: number;
  readonly bit: number;
  readonly isNumber: boolean;
  readonly isFloat32: boolean;
  readonly code: number;
  /** Number on the wire. */
  readonly id: number;
  /** Its bank on the wire and its bit there: see wire-ops.ts. */
  readonly bank: number;
  readonly bankBit: number;
  /** Index into the node's values. */
  readonly at: number;
  readonly scope: ScopeMask;
  readonly child: NodeLayout | null;
  /** On the script side it stands in the node's doubles, where a change allocates nothing. */
  readonly isDouble: boolean;
  readonly persist: boolean;
  readonly name: string;
  readonly label: string;
  readonly type: ValueType<unknown>;
  readonly default: unknown;
  readonly min: number;
  readonly max: number;

  constructor(slot: SlotLayout, id: number, name: string, at: number, cell: number) {
    this.cell = cell;
    this.word = Math.floor(at / WORD_BITS);
    this.bit = 1 << (at % WORD_BITS);
    this.isNumber = slot.isNumber;
    this.isFloat32 = slot.type.kind === "float32";
    this.code = slot.code;
    this.id = id;
    this.bank = Math.floor((id - 1) / BANK_FIELDS);
    this.bankBit = 1 << ((id - 1) % BANK_FIELDS);
    this.at = at;
    this.scope = slot.scope;
    this.child = slot.child;
    this.isDouble = slot.type.kind === "float32" || slot.type.kind === "float64";
    this.persist = slot.persist;
    this.name = name;
    this.label = slot.label;
    this.type = slot.type;
    this.default = slot.default;
    this.min = slot.min;
    this.max = slot.max;
  }
}

export interface FieldsLayout {
  readonly kind: "fields";
  /** Null for the root of an entity. */
  readonly type: ValueType<unknown> | null;
  readonly scope: ScopeMask;
  readonly persist: boolean;
  readonly label: string;
  /** By `at`, in order of id. */
  readonly fields: readonly FieldLayout[];
  readonly byId: readonly (FieldLayout | undefined)[];
  readonly byName: ReadonlyMap<string, FieldLayout>;
  /** By `at`; null for containers. */
  readonly defaults: readonly unknown[];
  readonly hasContainers: boolean;
  /** By `at`, 0 for what is no double; an array that V8 keeps unboxed. Empty when no field is a double. */
  readonly doubleDefaults: number[];
  /**
   * What a shadow's row of cells for such a node begins as: words for which fields changed, as many as they need, then for each number
   * its value and what it was.
   */
  readonly row: Float64Array;
  /** By number of a field: `cell | at << 16` of a number whose bit stands in the first word of masks, for passes over many ops; 0 for others. */
  readonly numberPlan: Int32Array;
  /** Every field is a number. */
  readonly isNumeric: boolean;
  /** Words of a mask over the fields. */
  readonly wordCount: number;
  /** Per scope mask (0 … 7): what it sees. */
  readonly visible: readonly VisibleFields[];
}

/** The fields that a scope mask sees, in order of id. */
export interface VisibleFields {
  readonly plain: readonly FieldLayout[];
  readonly containers: readonly FieldLayout[];
  /** The plain ones, as words of a mask over all fields. */
  readonly plainBits: readonly number[];
  /** Of the first word: the numbers whose fields stand in bank 0 on the wire, and all other plain ones. */
  readonly nearBits: number;
  readonly farBits: number;
  /** Those are all that is seen. */
  readonly isNear: boolean;
}

export interface ElementsLayout {
  readonly kind: "map" | "list";
  readonly type: ValueType<unknown>;
  readonly scope: ScopeMask;
  readonly persist: boolean;
  readonly label: string;
  readonly element: SlotLayout;
  readonly key: KeyKind;
  readonly countMax: number;
}

export type NodeLayout = FieldsLayout | ElementsLayout;

const compiled = new WeakMap<TypeDefinition, FieldsLayout>();

/** The layout of an entity's root. */
export function layoutOf(definition: TypeDefinition): FieldsLayout {
  let layout = compiled.get(definition);
  if (layout === undefined) {
    layout = compileRoot(definition);
    compiled.set(definition, layout);
  }
  return layout;
}

interface Declared {
  readonly id: number;
  readonly name: string;
  readonly type: ValueType<unknown>;
  readonly scope: ScopeMask;
  readonly persist: boolean;
  readonly default?: unknown;
}

function compileRoot(definition: TypeDefinition): FieldsLayout {
  const { name, properties } = definition;
  return fieldsLayout(null, ALL_SCOPES, true, name, properties);
}

function fieldsLayout(
  type: ValueType<unknown> | null,
  scope: ScopeMask,
  persist: boolean,
  label: string,
  declared: readonly Declared[],
): FieldsLayout {
  const wordCount = Math.ceil(declared.length / WORD_BITS);
  let cells = Math.ceil(wordCount / 2);
  const fields = [...declared]
    .sort((a, b) => a.id - b.id)
    .map((field, at) => {
      const slot = slotLayout(field.type, field.scope, field.persist, `${label}.${field.name}`, field.default);
      const cell = slot.isNumber ? cells : -1;
      if (slot.isNumber) cells += 2;
      return new FieldLayout(slot, field.id, field.name, at, cell);
    });
  const row = new Float64Array(cells);
  for (const { cell, default: value } of fields) if (cell >= 0) row.fill(value as number, cell, cell + 2);
  const byId: (FieldLayout | undefined)[] = [];
  for (const field of fields) byId[field.id] = field;
  return {
    kind: "fields",
    type,
    scope,
    persist,
    label,
    fields,
    // Holes would make every look-up slow.
    byId: Array.from(byId, (field) => field),
    byName: new Map(fields.map((field) => [field.name, field])),
    defaults: fields.map((field) => field.default),
    hasContainers: fields.some((field) => field.child !== null),
    doubleDefaults: doubleDefaults(fields),
    row,
    numberPlan: numberPlan(fields),
    isNumeric: fields.every((field) => field.isNumber),
    wordCount,
    visible: Array.from({ length: SCOPE_MASK_COUNT }, (_, mask) => visibleFields(fields, mask)),
  };
}

function numberPlan(fields: readonly FieldLayout[]): Int32Array {
  const plan = new Int32Array((fields.at(-1)?.id ?? 0) + 1);
  for (const { id, at, cell, word, isNumber } of fields)
    if (isNumber && word === 0) plan[id] = cell | (at << NUMBER_PLAN.atShift);
  return plan;
}

function doubleDefaults(fields: readonly FieldLayout[]): number[] {
  // An array that has held a fraction stays an array of doubles, and so do copies of it.
  const defaults = [0.5];
  defaults.pop();
  if (!fields.some((field) => field.isDouble)) return defaults;
  for (const field of fields) defaults.push(field.isDouble ? (field.default as number) : 0);
  return defaults;
}

function visibleFields(fields: readonly FieldLayout[], mask: ScopeMask): VisibleFields {
  const seen = fields.filter((field) => (field.scope & mask) !== 0);
  const plain = seen.filter((field) => field.child === null);
  const plainBits = Array.from({ length: Math.ceil(fields.length / WORD_BITS) }, () => 0);
  for (const { word, bit } of plain) plainBits[word] = (plainBits[word] as number) | bit;
  const near = plain.filter((field) => field.isNumber && field.bank === 0 && field.word === 0);
  const nearBits = near.reduce((bits, field) => bits | field.bit, 0);
  return {
    plain,
    containers: seen.filter((field) => field.child !== null),
    plainBits,
    nearBits,
    farBits: (plainBits[0] ?? 0) & ~nearBits,
    isNear: near.length === seen.length,
  };
}

function slotLayout(
  type: ValueType<unknown>,
  scope: ScopeMask,
  persist: boolean,
  label: string,
  declaredDefault: unknown,
): SlotLayout {
  const code = KIND_CODES[type.kind];
  const container = isContainer(type);
  const isNumber = code >= KIND_CODES.int8 && code <= NUMBER_CODE_MAX;
  const [min, max] = isNumber ? numberRange(type) : [0, 0];
  const value = declaredDefault === undefined ? defaultOf(type) : normalValue(type, declaredDefault);
  return {
    type,
    code,
    scope,
    persist,
    label,
    default: container ? null : value,
    child: container ? nodeLayout(type, scope, persist, label) : null,
    isNumber,
    min,
    max,
  };
}

function nodeLayout(type: ValueType<unknown>, scope: ScopeMask, persist: boolean, label: string): NodeLayout {
  if (type.kind === "struct") {
    const declared = Object.entries(type.fields ?? {}).map(([name, field]) => ({
      id: type.fieldIds?.[name] ?? 0,
      name,
      type: field,
      scope: innerScope(scope, field.scope),
      persist: persist && field.persist !== false,
    }));
    return fieldsLayout(type, scope, persist, label, declared);
  }
  const element = type.element;
  if (element === undefined) throw new AeonError("ENTITY_DEFINITION", `${label} has no element type`);
  return {
    kind: type.kind === "customMap" ? "map" : "list",
    type,
    scope,
    persist,
    label,
    element: slotLayout(
      element,
      innerScope(scope, element.scope),
      persist && element.persist !== false,
      `${label}.*`,
      undefined,
    ),
    key: type.key ?? "text",
    countMax: sizeMax(type),
  };
}
