/** The package's own classes, with the types that this compiler cannot read from it. */
import type { NavMesh } from "../../engine/nav/nav-mesh.js";

interface PackagePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}
export interface PackageQuery {
  computePath(from: PackagePoint, to: PackagePoint): { readonly success: boolean; readonly path: PackagePoint[] };
  destroy(): void;
}

/** A query object on a mesh that is in this thread's memory. */
export async function packageQueryOf(mesh: NavMesh): Promise<PackageQuery> {
  const { NavMesh: PackageMesh, NavMeshQuery } = (await import("recast-navigation")) as unknown as {
    readonly NavMesh: new (raw: unknown) => object;
    readonly NavMeshQuery: new (mesh: object, options: { maxNodes: number }) => PackageQuery;
  };
  return new NavMeshQuery(new PackageMesh(mesh.raw), { maxNodes: 2_048 });
}
