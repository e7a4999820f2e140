/**
 * The containers of one entity by number. In pages: numbers count up, so a page is full or gone, and forgetting 100,000 of them one by one
 * never copies what is left, as a Map does when it shrinks. One shadow, one thread.
 */
import type { ShadowNode } from "./shadow-node.js";

const PAGE_NODES = 32;

interface NodePage {
  readonly number: number;
  readonly nodes: (ShadowNode | undefined)[];
  count: number;
}

export class NodeTable {
  size = 0;
  /** None until a page beyond the first is needed: most entities have a few nodes, and there are many entities. */
  private pages: Map<number, NodePage> | null = null;
  private first: NodePage | undefined;
  /** The page that was used last. */
  private last: NodePage | undefined;

  get(number: number): ShadowNode | undefined {
    const page = this.pageOf(Math.floor(number / PAGE_NODES));
    return page?.nodes[number % PAGE_NODES];
  }

  /** In the place of any other with its number. */
  set(node: ShadowNode): void {
    const { number } = node;
    const pageNumber = Math.floor(number / PAGE_NODES);
    const page = this.pageOf(pageNumber) ?? this.addPage(pageNumber);
    const at = number % PAGE_NODES;
    if (page.nodes[at] === undefined) {
      page.count++;
      this.size++;
    }
    page.nodes[at] = node;
  }

  /** This very node; another with its number stays. */
  delete(node: ShadowNode): void {
    const { number } = node;
    const page = this.pageOf(Math.floor(number / PAGE_NODES));
    const at = number % PAGE_NODES;
    if (page?.nodes[at] !== node) return;
    page.nodes[at] = undefined;
    this.size--;
    if (--page.count > 0) return;
    if (page === this.first) this.first = undefined;
    else this.pages?.delete(page.number);
    this.last = undefined;
  }

  /** They may be deleted meanwhile. */
  *values(): IterableIterator<ShadowNode> {
    if (this.first !== undefined) yield* nodesOf(this.first);
    for (const page of this.pages?.values() ?? []) yield* nodesOf(page);
  }

  private pageOf(number: number): NodePage | undefined {
    if (this.last?.number === number) return this.last;
    const page = number === 0 ? this.first : this.pages?.get(number);
    if (page !== undefined) this.last = page;
    return page;
  }

  private addPage(number: number): NodePage {
    const page: NodePage = { number, nodes: [], count: 0 };
    if (number === 0) this.first = page;
    else {
      this.pages ??= new Map();
      this.pages.set(number, page);
    }
    this.last = page;
    return page;
  }
}

function* nodesOf({ nodes }: NodePage): IterableIterator<ShadowNode> {
  for (const node of nodes) if (node !== undefined) yield node;
}
