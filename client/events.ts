/**
 * A small typed event emitter. A handler that throws is reported to `onThrow` and stops neither the other handlers nor the stream;
 * handlers added or removed during an emit count from the next one.
 */
type AnyHandler = (...args: never[]) => void;
type HandlerTable<T> = { readonly [K in keyof T]: AnyHandler };

export class Emitter<T extends HandlerTable<T>> {
  private readonly handlers = new Map<keyof T, readonly T[keyof T][]>();
  private readonly onThrow: (event: keyof T, error: unknown) => void;

  constructor(onThrow: (event: keyof T, error: unknown) => void) {
    this.onThrow = onThrow;
  }

  /** Returns the function that takes the handler off again. */
  on<K extends keyof T>(event: K, handler: T[K]): () => void {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
    return () => this.off(event, handler);
  }

  has(event: keyof T): boolean {
    return this.handlers.has(event);
  }

  emit<K extends keyof T>(event: K, ...args: Parameters<T[K]>): void {
    const handlers = this.handlers.get(event);
    if (handlers === undefined) return;
    for (const handler of handlers) {
      try {
        (handler as (...args: Parameters<T[K]>) => void)(...args);
      } catch (error) {
        this.onThrow(event, error);
      }
    }
  }

  private off<K extends keyof T>(event: K, handler: T[K]): void {
    const handlers = this.handlers.get(event) ?? [];
    const at = handlers.indexOf(handler);
    if (at < 0) return;
    const rest = handlers.filter((_, i) => i !== at);
    if (rest.length === 0) this.handlers.delete(event);
    else this.handlers.set(event, rest);
  }
}
