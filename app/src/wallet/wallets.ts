/** The reader's wallets, by the wallet standard: which there are, which is connected, and what it signs. */
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../api';

export interface Connected {
  wallet: Wallet;
  account: WalletAccount;
}

interface Connect {
  connect(input?: { silent?: boolean }): Promise<{ accounts: readonly WalletAccount[] }>;
}
interface SignTransaction {
  signTransaction(input: { account: WalletAccount; transaction: Uint8Array; chain: string }): Promise<readonly { signedTransaction: Uint8Array }[]>;
}
interface SignMessage {
  signMessage(input: { account: WalletAccount; message: Uint8Array }): Promise<readonly { signature: Uint8Array; signedMessage: Uint8Array }[]>;
}
interface Events {
  on(event: 'change', listener: (change: { accounts?: readonly WalletAccount[] }) => void): () => void;
}

const registry = getWallets();
const listeners = new Set<() => void>();
let connected: Connected | undefined;
let stopListening: (() => void) | undefined;

const tell = () => listeners.forEach((listener) => listener());
const feature = <T>(wallet: Wallet, name: string) => (wallet.features as Record<string, unknown>)[name] as T | undefined;

registry.on('register', tell);
registry.on('unregister', tell);

/** Wallets that speak Solana. */
export const solanaWallets = () => registry.get().filter((wallet) => wallet.chains.some((chain) => chain.startsWith('solana:')) && feature(wallet, 'standard:connect'));

const REMEMBERED = 'trellis-wallet';

/** Remembered between visits where the browser allows it. */
function remember(name?: string) {
  try {
    if (name) localStorage.setItem(REMEMBERED, name);
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

export async function connect(wallet: Wallet, silent = false): Promise<void> {
  const accounts = await accountsOf(wallet, silent);
  const account = accounts.find(({ chains }) => chains.some((chain) => chain.startsWith('solana:')));
  if (!account) {
    if (silent) return;
    throw new Problem('The wallet has no Solana account.', 'Make one in the wallet, or connect another wallet.');
  }
  stopListening?.();
  connected = { wallet, account };
  stopListening = feature<Events>(wallet, 'standard:events')?.on('change', ({ accounts }) => {
    if (!accounts) return;
    const next = accounts.find(({ address }) => address === connected?.account.address) ?? accounts[0];
    connected = next && { wallet, account: next };
    tell();
  });
  remember(wallet.name);
  tell();
}

/** The account of `wallet` with this address: for whoever must sign beside the connected wallet, which stays connected. */
export async function connectAccount(wallet: Wallet, address: string): Promise<Connected> {
  const accounts = await accountsOf(wallet);
  const account = accounts.find((account) => account.address === address);
  if (account) return { wallet, account };
  throw new Problem(
    'This wallet does not hold that account.',
    'Switch it to the account in question, or choose the wallet that holds it.',
    `${address} is wanted; ${wallet.name} offers ${accounts.map(({ address }) => address).join(', ') || 'none'}`,
    'wrong_wallet',
  );
}

async function accountsOf(wallet: Wallet, silent = false): Promise<readonly WalletAccount[]> {
  try {
    return (await feature<Connect>(wallet, 'standard:connect')!.connect(silent ? { silent } : undefined)).accounts;
  } catch (error) {
    throw new Problem('The wallet was not connected.', 'Open it, unlock it and try again.', String(error));
  }
}

export function disconnect() {
  stopListening?.();
  connected = undefined;
  remember();
  tell();
}

function reconnect() {
  const wallet = solanaWallets().find(({ name }) => name === remembered());
  if (wallet && !connected) connect(wallet, true).catch(() => undefined);
}
reconnect();
registry.on('register', reconnect);

export function useWallet(): { wallets: Wallet[]; connected?: Connected } {
  const [, turn] = useState(0);
  useEffect(() => {
    const update = () => turn((turn) => turn + 1);
    listeners.add(update);
    update();
    return () => {
      listeners.delete(update);
    };
  }, []);
  return { wallets: [...solanaWallets()], connected };
}

/** `chain` is `solana:` and the cluster's name. */
export async function signTransaction({ wallet, account }: Connected, transaction: Uint8Array, chain: string): Promise<Uint8Array> {
  if (!account.chains.includes(chain as `${string}:${string}`)) {
    const name = chain.slice('solana:'.length);
    throw new Problem(
      'The wallet is on another network.',
      `This Trellis network lives on ${name}. Switch the wallet to ${name} in its settings, then try again.`,
      `the wallet offers ${account.chains.join(', ') || 'no chain'}; ${chain} is wanted`,
      'wrong_network',
    );
  }
  const signer = feature<SignTransaction>(wallet, 'solana:signTransaction');
  if (!signer) throw new Problem('This wallet cannot sign transactions for a page.', 'Connect another wallet.', 'it lacks solana:signTransaction');
  try {
    const [signed] = await signer.signTransaction({ account, transaction, chain });
    if (signed) return signed.signedTransaction;
  } catch (error) {
    throw new Problem('The wallet did not sign.', 'Nothing was sent, and nothing was paid. Try again when you are ready.', String(error), 'not_signed');
  }
  throw new Problem('The wallet gave nothing back.', 'Try again, or connect another wallet.');
}

export async function signMessage({ wallet, account }: Connected, message: Uint8Array): Promise<Uint8Array> {
  const signer = feature<SignMessage>(wallet, 'solana:signMessage');
  if (!signer) throw new Problem('This wallet cannot sign messages.', 'Connect another wallet.', 'it lacks solana:signMessage');
  try {
    const [signed] = await signer.signMessage({ account, message });
    if (signed) return signed.signature;
  } catch (error) {
    throw new Problem('The wallet did not sign.', 'Nothing was sent. Try again when you are ready.', String(error), 'not_signed');
  }
  throw new Problem('The wallet gave nothing back.', 'Try again, or connect another wallet.');
}
