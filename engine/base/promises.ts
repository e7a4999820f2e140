/** What the engine does with promises that it hands to script. */

/** The same promise; when nobody awaits it, its rejection passes unseen instead of ending the process. */
export function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
