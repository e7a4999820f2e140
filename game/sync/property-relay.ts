/** The property half of an op sink, handed on to a Shadow as it is. What a subclass must see, it overrides. */
import type { EntityId } from "../../engine/base/ids.js";
import type { MapKey, PropertyOpSink, RootNumberTarget, Scalar, ScopeMask } from "../../engine/property/op-sink.js";

export class PropertyRelay implements PropertyOpSink {
  /** Numbers of roots go straight to the target. */
  readonly rootNumbers: RootNumberTarget;
  private readonly target: PropertyOpSink;

  constructor(target: PropertyOpSink & RootNumberTarget) {
    this.target = target;
    this.rootNumbers = target;
  }

  entityCreate(entity: number, type: number, id: EntityId): void {
    this.target.entityCreate(entity, type, id);
  }
  entityDestroy(entity: number): void {
    this.target.entityDestroy(entity);
  }
  fieldSet(entity: number, node: number, field: number, scope: ScopeMask, value: Scalar): void {
    this.target.fieldSet(entity, node, field, scope, value);
  }
  fieldNode(entity: number, node: number, field: number, scope: ScopeMask, child: number): void {
    this.target.fieldNode(entity, node, field, scope, child);
  }
  mapSet(entity: number, node: number, key: MapKey, scope: ScopeMask, value: Scalar): void {
    this.target.mapSet(entity, node, key, scope, value);
  }
  mapNode(entity: number, node: number, key: MapKey, scope: ScopeMask, child: number): void {
    this.target.mapNode(entity, node, key, scope, child);
  }
  mapDelete(entity: number, node: number, key: MapKey, scope: ScopeMask): void {
    this.target.mapDelete(entity, node, key, scope);
  }
  mapClear(entity: number, node: number, scope: ScopeMask): void {
    this.target.mapClear(entity, node, scope);
  }
  listSet(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    this.target.listSet(entity, node, index, scope, value);
  }
  listSetNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    this.target.listSetNode(entity, node, index, scope, child);
  }
  listInsert(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    this.target.listInsert(entity, node, index, scope, value);
  }
  listInsertNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    this.target.listInsertNode(entity, node, index, scope, child);
  }
  listRemove(entity: number, node: number, index: number, count: number, scope: ScopeMask): void {
    this.target.listRemove(entity, node, index, count, scope);
  }
  listMove(entity: number, node: number, from: number, to: number, scope: ScopeMask): void {
    this.target.listMove(entity, node, from, to, scope);
  }
  listClear(entity: number, node: number, scope: ScopeMask): void {
    this.target.listClear(entity, node, scope);
  }
}
