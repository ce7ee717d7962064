// A wallet that implements the wallet standard, for tests: the page sees it as it sees any other.
import { signer } from './demo.mjs';

/** Puts a wallet with this keypair into every page of `context`. */
export async function installWallet(context, keypair, { name = 'Test wallet', chains = ['solana:localnet'] } = {}) {
  const key = signer(keypair);
  const signs = `sign: ${name}`;
  await context.exposeFunction(signs, (message) => key.sign(message));
  await context.addInitScript(register, { name, signs, chains, address: key.address, publicKey: key.publicKey });
  return key.address;
}

// Runs in the page.
function register({ name, signs, chains, address, publicKey }) {
  const account = { address, publicKey: new Uint8Array(publicKey), chains, features: ['solana:signTransaction', 'solana:signMessage'] };
  let accounts = [];
  const signedBy = async (message) => new Uint8Array(await globalThis[signs]([...message]));
  /** Which of a message's signers this key is: version, three numbers, a number of keys, the keys. */
  const placeIn = (message) => {
    for (let place = 0; place < message[1]; place += 1) {
      if (publicKey.every((byte, at) => message[5 + 32 * place + at] === byte)) return place;
    }
    throw new Error('this wallet does not sign that');
  };
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
              // One byte counts the signatures; those of others stay.
              const message = transaction.slice(1 + 64 * transaction[0]);
              const signedTransaction = transaction.slice();
              signedTransaction.set(await signedBy(message), 1 + 64 * placeIn(message));
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
