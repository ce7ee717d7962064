/** The chain, asked by the reader's own browser. */
import {
  address,
  createSolanaRpc,
  isSolanaError,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE,
  SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
  type Address,
  type Rpc,
  type SolanaRpcApi,
} from '@solana/kit';
import { Problem, type Network } from '../api';
import { fetchMaybeVault, type Vault } from '../generated/rewards';

export type Chain = Rpc<SolanaRpcApi>;

export function chainOf(facts: Network): Chain {
  if (!facts.rpc_url) {
    throw new Problem(
      'This oracle names no chain server for browsers.',
      'Ask whoever runs it to set `dashboard.rpc_url`, or use the `trellis` command with --url.',
      '',
      'no_chain',
    );
  }
  return createSolanaRpc(facts.rpc_url);
}

/** What the chain answers; a server that does not answer, or refuses, is said in words. */
export async function asked<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unanswered(error);
  }
}

function unanswered(error: unknown): Problem {
  const detail = error instanceof Error ? error.message : String(error);
  const status = isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR) ? error.context.statusCode : undefined;
  if (status === 429) return new Problem('The chain server has too much to do.', 'Try again in a moment.', detail, 'chain_busy');
  if (isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE)) {
    return new Problem('A signature of the transaction is not right.', 'Nothing was paid. Try again; if it stays so, connect another wallet.', detail, 'bad_signature');
  }
  // What is no failure on the way is an answer.
  if (isSolanaError(error) && status === undefined) {
    return new Problem('The chain server refuses this.', 'Try again in a moment. If it stays so, tell whoever runs the oracle; the words below say why.', detail, 'chain_refuses');
  }
  return new Problem(
    'The chain server does not answer.',
    'What the oracle tells is still shown. Checking and signing work again when the chain server is back; try again in a moment.',
    detail,
    'chain_away',
  );
}

/** The network's reward vault, as it is on the chain. */
export async function vaultOf(facts: Network): Promise<{ address: Address; data: Vault }> {
  const vault = await asked(fetchMaybeVault(chainOf(facts), address(facts.vault), { commitment: 'confirmed' }));
  if (!vault.exists) {
    throw new Problem(
      'The chain server is of another network.',
      'It does not know this network’s reward vault. Ask whoever runs the oracle to correct `dashboard.rpc_url`.',
      `no account ${facts.vault} at ${facts.rpc_url}`,
      'wrong_chain',
    );
  }
  if (vault.data.network !== facts.network) {
    throw new Problem('The vault belongs to another network.', 'Do not trust this oracle.', `${vault.data.network} instead of ${facts.network}`);
  }
  return { address: vault.address, data: vault.data };
}

const CLUSTERS: Record<string, string> = {
  '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d': 'solana:mainnet',
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: 'solana:devnet',
  '4uhcVJyU9pJkvQyS88uRDiswHScSGY5dYHLoZd8w3D6a': 'solana:testnet',
};

/** How wallets call the cluster. Whatever is none of the public ones is a local one. */
export async function clusterOf(facts: Network): Promise<string> {
  const genesis = await asked(chainOf(facts).getGenesisHash().send());
  return CLUSTERS[genesis] ?? 'solana:localnet';
}
