/**
 * What `aeon up` reports, one object for each thing that happens; `--json` prints them as they stand. Written by the supervisor,
 * shown by a Reporter. Times are whole milliseconds since `aeon up` began.
 */
export type ClusterEvent =
  | { readonly event: "step"; readonly step: number; readonly name: string; readonly ms: number }
  | {
      readonly event: "stalled";
      readonly step: number;
      readonly name: string;
      readonly missing: readonly string[];
      readonly ms: number;
    }
  /** A process that we started has ended. */
  | { readonly event: "exited"; readonly name: string; readonly reason: string; readonly ms: number }
  /** The gamemanager has removed a process from every table. */
  | { readonly event: "gone"; readonly name: string; readonly reason: string; readonly ms: number }
  | { readonly event: "restarted"; readonly name: string; readonly pid: number; readonly ms: number }
  | { readonly event: "joined"; readonly name: string; readonly pid: number; readonly ms: number }
  | {
      readonly event: "open";
      readonly ms: number;
      /** The page's address; "" when the cluster has no gate. */
      readonly web: string;
      readonly gates: readonly { readonly ws: string }[];
    }
  | { readonly event: "closing"; readonly ms: number }
  | { readonly event: "closed"; readonly ms: number };

export type Report = (event: ClusterEvent) => void;
