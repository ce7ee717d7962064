/** What a check found. */
export interface Checked {
  what: string;
  holds: boolean;
  found?: { kind: 'hash' | 'tokens' | 'count'; value: string };
}
