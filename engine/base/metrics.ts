/**
 * Counters and gauges of one process, as plain numbers that are incremented in place (a lookup happens once, when a part is made).
 * Exported in Prometheus form by the process shell; read directly by tests and by `status`.
 */
export class Counter {
  value = 0;
  add(count = 1): void {
    this.value += count;
  }
}

export class Metrics {
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, () => number>();

  /** The counter of this name (`noun_verb_total`), made on first use. */
  counter(name: string): Counter {
    let counter = this.counters.get(name);
    if (counter === undefined) {
      counter = new Counter();
      this.counters.set(name, counter);
    }
    return counter;
  }

  /** A value that is read when asked for. */
  gauge(name: string, read: () => number): void {
    this.gauges.set(name, read);
  }

  snapshot(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const [name, counter] of this.counters) values[name] = counter.value;
    for (const [name, read] of this.gauges) values[name] = read();
    return values;
  }
}
