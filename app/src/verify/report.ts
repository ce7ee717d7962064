/** What a check found. */
export interface Checked {
  what: string;
  /** `undefined`: it cannot be told. */
  holds?: boolean;
  found?: { kind: 'hash' | 'tokens' | 'count'; value: string };
}
