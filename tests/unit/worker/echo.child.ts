/** A thread for tests: says back what it is told, fetches what it was given, ends or throws when told to. */
import { threadSelf } from "../../../engine/worker/thread.js";

const self = threadSelf<string, unknown>();
self.post(self.data);
self.onMessage((message) => {
  if (message === "throw") throw new Error("as told");
  if (message === "leave") process.exit(0);
  if (message === "close") return self.close();
  self.post(message === "fetch" ? (self.fetch() ?? "nothing") : message);
});
