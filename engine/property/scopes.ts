/** Arithmetic of scopes: names, masks, and what a field inside a narrower parent comes to. */
import { Scope, type ScopeMask, type ScopeName } from "./op-sink.js";

export const ALL_SCOPES: ScopeMask = Scope.OWN_CLIENT | Scope.ALL_CLIENTS | Scope.SERVER_ONLY;

/** How many may see it: the order that "no wider than" means. */
function width(scope: ScopeMask): number {
  if (scope === Scope.ALL_CLIENTS) return 2;
  return scope === Scope.OWN_CLIENT ? 1 : 0;
}

/** The scope of something declared inside a parent: its own, but never wider than the parent's. */
export function innerScope(parent: ScopeMask, declared: ScopeName | undefined): ScopeMask {
  if (declared === undefined) return parent;
  return width(Scope[declared]) < width(parent) ? Scope[declared] : parent;
}
