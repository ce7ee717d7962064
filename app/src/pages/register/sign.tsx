/** What a device's code says, and the signatures that register it. */
import { useState } from 'preact/hooks';
import { asProblem, type Network, type Problem } from '../../api';
import { count, moment, short } from '../../format';
import { ProblemBox, Show, useLoad } from '../../load';
import { Card, Facts, Name } from '../../ui/parts';
import { useWallet, type Connected } from '../../wallet/wallets';
import type { Sponsor } from '../../chain/sponsor';
import { toText, type DeviceCode } from './code';
import { Invitation } from './invitation';
import { MakerWallet } from './maker';

export function SignCard({ facts, code }: { facts: Network; code: DeviceCode }) {
  const kind = facts.classes.find(({ index }) => index === code.classIndex);
  // In an object: that nobody must sign is an answer, too.
  const loaded = useLoad(async () => ({ maker: await (await import('../../chain/register')).makerOf(facts, code.classIndex) }), [code.classIndex]);
  return (
    <Card title="2. Sign">
      <Facts
        of={[
          ['Device', <Name of={code.device} ends={8} />],
          ['Kind', kind ? `${kind.work_kind}, up to ${count(kind.rated_power_watts / 1000)} kW` : `class ${code.classIndex}, which this network does not have`],
          ['Signed by the device', code.proof ? `for wallet ${short(code.proof.wallet)}, until ${moment(code.proof.validUntilUnix)}` : 'not yet: run the command above with your wallet’s address'],
          ...(loaded.value?.maker ? ([['Maker', <Name of={loaded.value.maker} ends={8} />]] as [string, preact.ComponentChildren][]) : []),
        ]}
      />
      <Show of={loaded} what="who must sign, from the chain">
        {({ maker }) => <Sign facts={facts} code={code} maker={maker} />}
      </Show>
    </Card>
  );
}

function Sign({ facts, code, maker }: { facts: Network; code: DeviceCode; maker?: string }) {
  const { connected } = useWallet();
  const [makerWallet, setMakerWallet] = useState<Connected>();
  const [sponsor, setSponsor] = useState<Sponsor>();
  const [state, setState] = useState<{ busy?: boolean; problem?: Problem; done?: string }>({});
  // A maker may register devices of its own.
  const signsAsMaker = connected?.account.address === maker ? connected : makerWallet;
  const isReady = connected && code.proof && (!maker || signsAsMaker);
  const register = async () => {
    if (!connected) return;
    setState({ busy: true });
    try {
      const { registerDevice } = await import('../../chain/register');
      setState({ done: await registerDevice(facts, connected, code, maker ? signsAsMaker : undefined, sponsor) });
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  return (
    <>
      {maker && !signsAsMaker && <MakerWallet maker={maker} code={toText(code)} onConnected={setMakerWallet} />}
      {maker && signsAsMaker && <p class="done">The maker’s wallet is here: it signs after yours.</p>}
      <Invitation onChange={setSponsor} />
      <div class="row">
        <button type="button" disabled={!isReady || state.busy || !!state.done} onClick={register}>
          {state.busy ? 'Registering…' : 'Register this device'}
        </button>
        {!connected && <span>Connect the wallet that is to own it. It pays the fee and a deposit that comes back when the device is retired.</span>}
      </div>
      <div aria-live="polite">
        {state.problem && <ProblemBox problem={state.problem} />}
        {state.done && (
          <p class="done">
            It is registered. <a href={`/devices/${code.device}`}>The device’s page</a> shows its reports, a moment after the oracle has seen it. Transaction{' '}
            <Name of={state.done} ends={8} />
          </p>
        )}
      </div>
    </>
  );
}
