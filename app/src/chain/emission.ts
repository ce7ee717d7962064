/** How a network's token is minted, and how far it is. */
import { Problem, type Network } from '../api';
import { fetchMaybeEmission, type Emission } from '../generated/token';
import { emission } from './addresses';
import { asked, chainOf } from './client';

export async function readEmission(facts: Network): Promise<Emission> {
  const account = await asked(fetchMaybeEmission(chainOf(facts), await emission(facts), { commitment: 'confirmed' }));
  if (!account.exists) throw new Problem('The chain server knows no emission of this network.', 'Ask whoever runs the oracle to correct `dashboard.rpc_url`.', facts.network, 'wrong_chain');
  return account.data;
}
