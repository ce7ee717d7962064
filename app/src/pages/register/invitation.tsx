/** For a wallet without SOL: the founder's invitation, by which the oracle's relay pays for a registration. */
import { useState } from 'preact/hooks';
import { get } from '../../api';
import { useLoad } from '../../load';
import type { Sponsor } from '../../chain/sponsor';

interface Offer {
  registrations: boolean;
  payer?: string;
}

/** Shown only where the oracle pays for registrations. */
export function Invitation({ onChange }: { onChange: (sponsor: Sponsor | undefined) => void }) {
  const offer = useLoad(() => get<Offer>('/v1/relay'), []);
  const [text, setText] = useState('');
  const payer = offer.value?.registrations ? offer.value.payer : undefined;
  if (!payer) return null;
  const change = (text: string) => {
    setText(text);
    onChange(text.trim() ? { payer, invitation: text.trim() } : undefined);
  };
  return (
    <details>
      <summary>I have an invitation, and no SOL</summary>
      <p>With a code from the network’s founder, the oracle pays the fee and the deposit. Your wallet signs and pays nothing.</p>
      <label for="invitation">Invitation code</label>
      <input id="invitation" value={text} onInput={(event) => change(event.currentTarget.value)} autocomplete="off" spellcheck={false} />
    </details>
  );
}
