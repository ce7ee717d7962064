/** What a check in this browser found, point by point. */
import type { Network } from '../api';
import { count, short, tokens } from '../format';
import type { Checked } from '../verify/report';
import { Tag } from './parts';

export function Checks({ facts, of }: { facts: Network; of: Checked[] }) {
  return (
    <ul class="checks">
      {of.map(({ what, holds, found }) => (
        <li key={what}>
          <Verdict holds={holds} /> {what}
          {found && <span class="soft"> {shown(facts, found)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Verdict({ holds }: { holds?: boolean }) {
  if (holds === undefined) return <Tag kind="warn">cannot be told</Tag>;
  return holds ? <Tag kind="good">holds</Tag> : <Tag kind="bad">does not hold</Tag>;
}

function shown(facts: Network, { kind, value }: NonNullable<Checked['found']>): string {
  switch (kind) {
    case 'hash':
      return short(value, 10);
    case 'tokens':
      return `${tokens(value, facts.decimals)} tokens`;
    case 'count':
      return count(BigInt(value));
  }
}
