/** What every Store must do. Each implementation's test file runs this with a way to open a fresh store and to open it again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocumentPut, Store } from "../../../engine/store/store.js";

export interface StoreHarness {
  /** An empty store. */
  open(): Promise<Store>;
  /** The same data in a new store, after `close`. */
  reopen(store: Store): Promise<Store>;
}

const bytes = (...values: number[]) => Uint8Array.from(values);

function put(
  key: string,
  expectedEpoch: number,
  epoch: number,
  value = bytes(1, 2, 3),
  schemaVersion = 1,
): DocumentPut {
  return { collection: "Avatar", key, expectedEpoch, epoch, schemaVersion, value };
}

export function storeConformance(name: string, harness: StoreHarness): void {
  const check = (title: string, run: (store: Store) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const store = await harness.open();
      try {
        await run(store);
      } finally {
        await store.close();
      }
    });

  check("a document that was never put is null", async (store) => {
    assert.equal(await store.load("Avatar", "nobody"), null);
  });

  check("a put document is loaded with its epoch, schema version and value", async (store) => {
    assert.deepEqual(await store.putMany([put("ann", 0, 1, bytes(9, 0, 255), 7)]), [""]);
    assert.deepEqual(await store.load("Avatar", "ann"), { epoch: 1, schemaVersion: 7, value: bytes(9, 0, 255) });
  });

  check("an empty and a large value survive (0 B, 1 MiB)", async (store) => {
    const large = new Uint8Array(2 ** 20).map((_, index) => index % 251);
    assert.deepEqual(await store.putMany([put("empty", 0, 1, bytes()), put("large", 0, 1, large)]), ["", ""]);
    assert.deepEqual((await store.load("Avatar", "empty"))?.value, bytes());
    assert.deepEqual((await store.load("Avatar", "large"))?.value, large);
  });

  check("the holder of an epoch saves again under it", async (store) => {
    await store.putMany([put("ann", 0, 1)]);
    assert.deepEqual(await store.putMany([put("ann", 1, 1, bytes(4))]), [""]);
    assert.deepEqual((await store.load("Avatar", "ann"))?.value, bytes(4));
  });

  check("a put with an older epoch is refused and changes nothing (taken over by epoch 2)", async (store) => {
    await store.putMany([put("ann", 0, 1), put("ann", 1, 2, bytes(2))]);
    assert.deepEqual(await store.putMany([put("ann", 1, 1, bytes(1))]), ["STORE_EPOCH_STALE"]);
    assert.deepEqual(await store.load("Avatar", "ann"), { epoch: 2, schemaVersion: 1, value: bytes(2) });
  });

  check("a document is created once (two puts that expect none)", async (store) => {
    const both = [store.putMany([put("ann", 0, 1, bytes(1))]), store.putMany([put("ann", 0, 1, bytes(2))])];
    assert.deepEqual((await Promise.all(both)).flat().sort(), ["", "STORE_EPOCH_STALE"]);
  });

  check("of many who take over from one epoch one succeeds (20 at once)", async (store) => {
    await store.putMany([put("ann", 0, 1)]);
    const takers = Array.from({ length: 20 }, (_, n) => store.putMany([put("ann", 1, 2, bytes(n))]));
    const results = (await Promise.all(takers)).flat();
    assert.equal(results.filter((result) => result === "").length, 1);
    const winner = results.indexOf("");
    assert.deepEqual((await store.load("Avatar", "ann"))?.value, bytes(winner));
  });

  check("a put of the very same document is made again without complaint", async (store) => {
    await store.putMany([put("ann", 0, 1, bytes(1))]);
    assert.deepEqual(await store.putMany([put("ann", 0, 1, bytes(1))]), [""]);
    assert.deepEqual(await store.putMany([put("ann", 0, 1, bytes(1, 2))]), ["STORE_EPOCH_STALE"]);
  });

  check("each document of a batch is judged by itself, in order", async (store) => {
    const results = await store.putMany([put("a", 0, 1), put("b", 5, 6), put("a", 1, 2), put("a", 1, 2, bytes(9))]);
    assert.deepEqual(results, ["", "STORE_EPOCH_STALE", "", "STORE_EPOCH_STALE"]);
    assert.equal((await store.load("Avatar", "a"))?.epoch, 2);
    assert.equal(await store.load("Avatar", "b"), null);
  });

  check("an epoch that goes back or is zero is refused", async (store) => {
    assert.deepEqual(await store.putMany([put("ann", 0, 0), put("ann", 2, 1)]), ["STORE_FAILED", "STORE_FAILED"]);
  });

  check("an empty batch is done at once", async (store) => {
    assert.deepEqual(await store.putMany([]), []);
  });

  check("collections and keys do not run into each other", async (store) => {
    const row = (collection: string, key: string, value: number): DocumentPut => ({
      ...put(key, 0, 1, bytes(value)),
      collection,
    });
    await store.putMany([row("a", "b/c", 1), row("a/b", "c", 2), row("A", "b/c", 3), row("a", "ü€😀.\\", 4)]);
    assert.deepEqual((await store.load("a", "b/c"))?.value, bytes(1));
    assert.deepEqual((await store.load("a/b", "c"))?.value, bytes(2));
    assert.deepEqual((await store.load("A", "b/c"))?.value, bytes(3));
    assert.deepEqual((await store.load("a", "ü€😀.\\"))?.value, bytes(4));
  });

  check("the longest key is kept apart from its neighbour (256 B)", async (store) => {
    const key = "k".repeat(255);
    await store.putMany([put(`${key}1`, 0, 1, bytes(1)), put(`${key}2`, 0, 1, bytes(2))]);
    assert.deepEqual((await store.load("Avatar", `${key}2`))?.value, bytes(2));
  });

  check("a caller's array belongs to the caller again (changed after the call and after the load)", async (store) => {
    const value = bytes(1, 2, 3);
    const done = store.putMany([put("ann", 0, 1, value)]);
    await done;
    value[0] = 99;
    const loaded = await store.load("Avatar", "ann");
    loaded?.value.fill(0);
    assert.deepEqual((await store.load("Avatar", "ann"))?.value, bytes(1, 2, 3));
  });

  check("saves of one holder keep their order (50 without waiting)", async (store) => {
    await store.putMany([put("ann", 0, 1)]);
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.putMany([put("ann", 1, 1, bytes(n))])));
    assert.deepEqual((await store.load("Avatar", "ann"))?.value, bytes(49));
  });

  test(`${name}: what was put is there after closing and opening`, async () => {
    const first = await harness.open();
    await first.putMany(Array.from({ length: 100 }, (_, n) => put(`avatar${n}`, 0, n + 1, bytes(n))));
    const second = await harness.reopen(first);
    for (let n = 0; n < 100; n++) {
      assert.deepEqual(await second.load("Avatar", `avatar${n}`), { epoch: n + 1, schemaVersion: 1, value: bytes(n) });
    }
    await second.close();
  });
}
