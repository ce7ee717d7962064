// What the network's authority does on the chain while tests run.
import {
  address,
  appendTransactionMessageInstruction,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createTransactionMessage,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  getProgramDerivedAddress,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import { demoKey } from './demo.mjs';
import { until } from './stage.mjs';

const SET_SUSPENSION = [176, 142, 169, 200, 50, 47, 32, 190];

/** Suspends a device for this reason, or lifts that; resolves when the oracle has heard of it. */
export async function setSuspension(demo, device, reasonCode) {
  const network = await (await fetch(`${demo.url}/v1/network`)).json();
  const program = address(network.programs.registry);
  const key = (name) => getAddressEncoder().encode(address(name));
  const [account] = await getProgramDerivedAddress({ programAddress: program, seeds: ['device', key(network.network), key(device)] });
  const accusation = reasonCode === undefined ? [0] : [1, reasonCode & 255, reasonCode >> 8, ...new Array(32).fill(7)];
  await send(demo.rpc, demoKey('founder'), (authority) => ({
    programAddress: program,
    accounts: [
      { address: authority.address, role: 2, signer: authority },
      { address: address(network.network), role: 0 },
      { address: account, role: 1 },
    ],
    data: Uint8Array.from([...SET_SUSPENSION, ...accusation]),
  }));
  await until(async () => {
    const { registered } = await (await fetch(`${demo.url}/v1/devices/${device}`)).json();
    return registered.suspended === (reasonCode !== undefined);
  });
}

async function send(rpc, keypair, instructionBy) {
  const chain = createSolanaRpc(rpc);
  const authority = await createKeyPairSignerFromBytes(Uint8Array.from(keypair));
  const { value: blockhash } = await chain.getLatestBlockhash().send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayerSigner(authority, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
    (message) => appendTransactionMessageInstruction(instructionBy(authority), message),
  );
  const signed = await signTransactionMessageWithSigners(message);
  await chain.sendTransaction(getBase64EncodedWireTransaction(signed), { encoding: 'base64' }).send();
  await until(async () => (await chain.getSignatureStatuses([getSignatureFromTransaction(signed)]).send()).value[0]?.confirmationStatus);
}
