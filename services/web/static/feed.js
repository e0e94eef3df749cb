// The live frames, and whether they are fresh. A frozen good frame is the worst failure, so
// freshness is judged here as well: by the page's own clock, whatever the service says.
export const STALE_MS = 500;

export class Feed {
  constructor(url, changed) {
    this.url = url;
    this.changed = changed;
    this.frame = null;
    this.ended = null;
    this.arrivedMs = -Infinity;
    this.open();
    // Nothing arrives when frames stop, so look by ourselves. The browser reconnects alone,
    // unless the service refused: then it gives up, and we open anew.
    setInterval(changed, 100);
    setInterval(() => this.source.readyState === EventSource.CLOSED && this.open(), 2000);
  }

  open() {
    this.source = new EventSource(this.url);
    this.source.addEventListener("frame", (event) => {
      this.frame = JSON.parse(event.data);
      this.ended = null;
      this.arrivedMs = performance.now();
      this.changed();
    });
    this.source.addEventListener("stale", (event) => {
      this.ended = JSON.parse(event.data).ended ?? null;
      this.arrivedMs = -Infinity;
      this.changed();
    });
  }

  get fresh() {
    return this.frame !== null && performance.now() - this.arrivedMs <= STALE_MS;
  }
}
