// What the agent needs of the device's browser.

export type BrowserPort = {
  /** Opens a page there; `bad-url`: not an address that may be opened here, nothing happens then. */
  readonly open: (url: string) => Promise<'bad-url' | 'failed' | null>;
};
