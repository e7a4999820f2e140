/** The books of the ledger world: what was answered, what ran, what avatars hold and what is on the disk must fit together. */
import { unpack } from "msgpackr";
import type { SimulatedCluster } from "../../testing/index.js";
import type { Player } from "./player.js";
import type { Ledger } from "./worlds/ledger.js";
import { COINS_AT_FIRST } from "./worlds/ledger-world.js";

export interface Book {
  readonly coins: number;
  readonly receipts: Readonly<Record<string, number>>;
  readonly picked: number;
}

/** What the disk holds of a player's avatar; null: nothing yet. */
export function storedBook(cluster: SimulatedCluster, name: string): Book | null {
  const document = cluster.disk.read("Avatar", name);
  if (document === null) return null;
  const { values } = unpack(document.value) as { values: Partial<Book> };
  return { coins: values.coins ?? COINS_AT_FIRST, receipts: values.receipts ?? {}, picked: values.picked ?? 0 };
}

/** For each living avatar and for each document: the sum is right, and every answered purchase is there. No call ran twice. */
export function ledgerProblems(cluster: SimulatedCluster, players: readonly Player[], ledger: Ledger): string[] {
  const problems = ledger.repeated.map((token) => `${token} ran ${ledger.runs.get(token)} times`);
  for (const player of players) {
    const stored = storedBook(cluster, player.name);
    if (stored !== null || player.answered.size > 0)
      problems.push(...bookProblems(`stored ${player.name}`, stored, player));
    const own = player.client.own?.plain();
    if (player.isIn && own !== undefined) problems.push(...bookProblems(player.name, own as unknown as Book, player));
  }
  return problems;
}

function bookProblems(what: string, book: Book | null, { answered }: Player): string[] {
  if (book === null) return [`${what}: no document, ${answered.size} purchases answered`];
  const count = Object.keys(book.receipts).length;
  const problems = [...answered]
    .filter((token) => book.receipts[token] === undefined)
    .map((token) => `${what} lost ${token}`);
  if (book.coins + count !== COINS_AT_FIRST) problems.push(`${what}: ${book.coins} coins and ${count} receipts`);
  return problems;
}
