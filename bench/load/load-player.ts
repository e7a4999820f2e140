/** What a load client needs of a player, whichever server it plays on. */
export interface LoadPlayer {
  /** State messages since the start. */
  readonly states: number;
  readonly bytesIn: number;
  readonly isCut: boolean;
  /** Resolves when the player stands in the world and gets states. */
  join(): Promise<void>;
  /** Says where it is now: a small step to and fro around its place. */
  move(): void;
  leave(): void;
}

export interface LoadTarget {
  readonly host: string;
  readonly port: number;
}

/** Which place of how many on the ring; probes have the first ones. */
export interface Place {
  readonly place: number;
  readonly places: number;
}

/** Units away from its place; less than what would change a view. */
export const STEP_UNITS = 0.1;
