/** A binary heap of events, by time and then by the order in which they were made. For virtual-scheduler.ts. */
export interface VirtualEvent {
  atMs: number;
  order: number;
  /** The VirtualProcess whose event this is; null: the simulation's own. */
  readonly owner: object | null;
  /** Null once it ran or was cleared. */
  run: (() => void) | null;
}

function isBefore(a: VirtualEvent, b: VirtualEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class EventHeap {
  private readonly events: VirtualEvent[] = [];

  get count(): number {
    return this.events.length;
  }

  push(event: VirtualEvent): void {
    const { events } = this;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = events[parentAt] as VirtualEvent;
      if (isBefore(parent, event)) break;
      events[at] = parent;
      at = parentAt;
    }
    events[at] = event;
  }

  /** Removes and returns the first event that is due by `untilMs` and was not cleared; null when there is none. */
  takeUntil(untilMs: number): VirtualEvent | null {
    for (;;) {
      const first = this.events[0];
      if (first === undefined || (first.atMs > untilMs && first.run !== null)) return null;
      this.removeFirst();
      if (first.run !== null) return first;
    }
  }

  private removeFirst(): void {
    const last = this.events.pop() as VirtualEvent;
    if (this.events.length > 0) this.sink(last);
  }

  private sink(event: VirtualEvent): void {
    const { events } = this;
    const count = events.length;
    let at = 0;
    for (;;) {
      let childAt = at * 2 + 1;
      if (childAt >= count) break;
      const left = events[childAt] as VirtualEvent;
      const right = events[childAt + 1];
      if (right !== undefined && isBefore(right, left)) childAt++;
      const child = events[childAt] as VirtualEvent;
      if (!isBefore(child, event)) break;
      events[at] = child;
      at = childAt;
    }
    events[at] = event;
  }
}
