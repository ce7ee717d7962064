/** Connects a wallet, and says which is connected. */
import { useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../api';
import { short } from '../format';
import { ProblemBox } from '../load';
import { connect, disconnect, useWallet } from './wallets';

export function WalletButton() {
  const { wallets, connected } = useWallet();
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const choose = async (wallet: (typeof wallets)[number]) => {
    try {
      await connect(wallet);
      dialog.current?.close();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const open = () => {
    setProblem(undefined);
    dialog.current?.showModal();
  };
  return (
    <div class="wallet">
      <button type="button" class={connected ? 'plain' : ''} onClick={open}>
        {connected ? short(connected.account.address) : 'Connect wallet'}
      </button>
      <dialog ref={dialog} aria-labelledby="wallets">
        <h2 id="wallets">{connected ? 'Your wallet' : 'Choose a wallet'}</h2>
        {problem && <ProblemBox problem={problem} />}
        {connected && (
          <>
            <p>
              {connected.wallet.name}: <span class="hash">{connected.account.address}</span>
            </p>
            <p>
              <a href={`/operators/${connected.account.address}`} onClick={() => dialog.current?.close()}>
                What it has earned
              </a>
            </p>
          </>
        )}
        {!connected && wallets.length === 0 && (
          <p>
            This browser has no wallet for Solana. Install one as an extension, such as Phantom or Solflare, or open this page inside a wallet’s own browser on
            your phone. Then load the page again. Reading needs no wallet.
          </p>
        )}
        {!connected && wallets.length > 0 && (
          <ul>
            {wallets.map((wallet) => (
              <li key={wallet.name}>
                <button type="button" class="plain" onClick={() => choose(wallet)}>
                  <img src={wallet.icon} alt="" /> {wallet.name}
                </button>
              </li>
            ))}
          </ul>
        )}
        <div class="row">
          <button type="button" class="plain" onClick={() => dialog.current?.close()}>
            Close
          </button>
          {connected && (
            <button
              type="button"
              class="plain"
              onClick={() => {
                disconnect();
                dialog.current?.close();
              }}
            >
              Disconnect
            </button>
          )}
        </div>
      </dialog>
    </div>
  );
}
