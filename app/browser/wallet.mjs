// A wallet that implements the wallet standard, for tests: the page sees it as it sees any other.
import { signer } from './demo.mjs';

/** Puts a wallet with this keypair into every page of `context`. */
export async function installWallet(context, keypair, { name = 'Test wallet', chains = ['solana:localnet'] } = {}) {
  const key = signer(keypair);
  await context.exposeFunction('trellisTestSign', (message) => key.sign(message));
  await context.addInitScript(register, { name, chains, address: key.address, publicKey: key.publicKey });
  return key.address;
}

// Runs in the page.
function register({ name, chains, address, publicKey }) {
  const account = { address, publicKey: new Uint8Array(publicKey), chains, features: ['solana:signTransaction', 'solana:signMessage'] };
  let accounts = [];
  const signedBy = async (message) => new Uint8Array(await globalThis.trellisTestSign([...message]));
  const wallet = {
    version: '1.0.0',
    name,
    icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA4IDgiPjxyZWN0IHdpZHRoPSI4IiBoZWlnaHQ9IjgiLz48L3N2Zz4=',
    chains,
    get accounts() {
      return accounts;
    },
    features: {
      'standard:connect': {
        version: '1.0.0',
        connect: async (input) => {
          if (input?.silent && accounts.length === 0) return { accounts };
          accounts = [account];
          return { accounts };
        },
      },
      'standard:events': { version: '1.0.0', on: () => () => undefined },
      'solana:signTransaction': {
        version: '1.0.0',
        supportedTransactionVersions: ['legacy', 0],
        signTransaction: async (...inputs) =>
          Promise.all(
            inputs.map(async ({ transaction }) => {
              // One byte counts the signatures; the fee payer's is the first.
              const signedTransaction = transaction.slice();
              signedTransaction.set(await signedBy(transaction.slice(1 + 64 * transaction[0])), 1);
              return { signedTransaction };
            }),
          ),
      },
      'solana:signMessage': {
        version: '1.0.0',
        signMessage: async (...inputs) => Promise.all(inputs.map(async ({ message }) => ({ signedMessage: message, signature: await signedBy(message) }))),
      },
    },
  };
  const offer = ({ register }) => register(wallet);
  globalThis.addEventListener('wallet-standard:app-ready', (event) => offer(event.detail));
  globalThis.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: offer }));
}
