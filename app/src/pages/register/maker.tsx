/** A class whose maker vouches for each device: the maker's wallet signs beside the owner's. */
import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api';
import { short } from '../../format';
import { ProblemBox } from '../../load';
import { Copy } from '../../ui/parts';
import { connectAccount, useWallet, type Connected } from '../../wallet/wallets';

export function MakerWallet({ maker, code, onConnected }: { maker: string; code: string; onConnected: (wallet: Connected) => void }) {
  const { wallets } = useWallet();
  const [problem, setProblem] = useState<Problem>();
  const choose = async (wallet: (typeof wallets)[number]) => {
    setProblem(undefined);
    try {
      onConnected(await connectAccount(wallet, maker));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const command = `trellis device register '${code}' --keypair WALLET.json --maker MAKER.json`;
  return (
    <div class="note">
      <p>
        <strong>The maker must sign too.</strong> Devices of this class are vouched for by their maker, {short(maker)}. Both signatures belong to one transaction, which the
        chain takes for about a minute: so both wallets must be at hand.
      </p>
      {wallets.length > 0 && (
        <div class="row">
          {wallets.map((wallet) => (
            <button key={wallet.name} type="button" class="plain" onClick={() => choose(wallet)}>
              Maker’s wallet: {wallet.name}
            </button>
          ))}
        </div>
      )}
      {problem && <ProblemBox problem={problem} />}
      <details>
        <summary>The maker’s key is not in this browser</summary>
        <p>
          Ask the maker to register the device with you. Whoever has both keypairs runs this: <Copy text={command} label="Copy the command" />
        </p>
        <p>
          <code>{command}</code>
        </p>
      </details>
    </div>
  );
}
