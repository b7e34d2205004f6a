// Knows which tiles can be seen: one observer for all of them, outside React.
import type { DeviceId } from '../../../shared/domain/ids.ts';

/** Tiles that far outside the edge count as visible, so that scrolling meets pictures already on their way. */
const marginPixels = 80;

export class TileVisibility {
  readonly #observer: IntersectionObserver;
  readonly #ids = new Map<Element, DeviceId>();
  readonly #listeners = new Set<() => void>();
  #visible: ReadonlySet<DeviceId> = new Set();

  constructor() {
    this.#observer = new IntersectionObserver((entries) => this.#take(entries), {
      rootMargin: `${marginPixels}px`,
    });
  }

  /** Watches a tile; gives the way to stop. */
  observe(element: Element, id: DeviceId): () => void {
    this.#ids.set(element, id);
    this.#observer.observe(element);
    return () => {
      this.#observer.unobserve(element);
      this.#ids.delete(element);
      if (this.#visible.has(id)) this.#change(new Set([...this.#visible].filter((each) => each !== id)));
    };
  }

  /** The same object until something changes. */
  visible(): ReadonlySet<DeviceId> {
    return this.#visible;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(entries: readonly IntersectionObserverEntry[]): void {
    const next = new Set(this.#visible);
    for (const { target, isIntersecting } of entries) {
      const id = this.#ids.get(target);
      if (id === undefined) continue;
      if (isIntersecting) next.add(id);
      else next.delete(id);
    }
    this.#change(next);
  }

  #change(next: ReadonlySet<DeviceId>): void {
    this.#visible = next;
    for (const listener of [...this.#listeners]) listener();
  }
}
