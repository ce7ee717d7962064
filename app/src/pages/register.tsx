/** A new device: scan the code that it shows, and sign with the wallet that is to own it. */
import { useState } from 'preact/hooks';
import { asProblem, network, Problem, type Network } from '../api';
import { count, moment, short } from '../format';
import { ProblemBox, Show, useLoad } from '../load';
import { Card, Facts, Name } from '../ui/parts';
import { useWallet } from '../wallet/wallets';
import { parseCode, type DeviceCode } from './register/code';
import { Scanner } from './register/scanner';

function fromAddress(): string {
  return new URLSearchParams(location.search).has('device') ? location.href : '';
}

export function RegisterPage() {
  const facts = useLoad(network, []);
  const [text, setText] = useState(fromAddress);
  const [scanning, setScanning] = useState(false);
  return (
    <>
      <h1>Register a device</h1>
      <p class="lead">The device shows a code; you scan it; your wallet signs. From then on what the device does earns for you.</p>
      <Show of={facts} what="the network">
        {(facts) => (
          <>
            <Card title="1. The device’s code">
              <p>
                On the device, run <code>trellis agent show --operator YOUR-WALLET</code>. It shows a QR code and the same as text.
              </p>
              {scanning && (
                <Scanner
                  onText={(found) => {
                    setText(found);
                    setScanning(false);
                  }}
                />
              )}
              <div class="row">
                <button type="button" onClick={() => setScanning(!scanning)}>
                  {scanning ? 'Stop the camera' : 'Scan with the camera'}
                </button>
              </div>
              <label for="code">Or the code as text</label>
              <textarea id="code" rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} spellcheck={false} />
            </Card>
            {text.trim() && <Second facts={facts} text={text} key={text} />}
          </>
        )}
      </Show>
    </>
  );
}

function read(facts: Network, text: string): DeviceCode | Problem {
  try {
    const code = parseCode(text);
    if (code.network !== facts.network) {
      return new Problem('This device is set up for another network.', `This page is of ${facts.name}. Change the network in the device’s settings, or open the page of its network.`, code.network, 'wrong_network');
    }
    return code;
  } catch (error) {
    return asProblem(error);
  }
}

function Second({ facts, text }: { facts: Network; text: string }) {
  const { connected } = useWallet();
  const [state, setState] = useState<{ busy?: boolean; problem?: Problem; done?: string }>({});
  const code = read(facts, text);
  if (code instanceof Problem) return <ProblemBox problem={code} />;
  const kind = facts.classes.find(({ index }) => index === code.classIndex);
  const register = async () => {
    if (!connected) return;
    setState({ busy: true });
    try {
      const { registerDevice } = await import('../chain/register');
      setState({ done: await registerDevice(facts, connected, code) });
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  return (
    <Card title="2. Sign">
      <Facts
        of={[
          ['Device', <Name of={code.device} ends={8} />],
          ['Kind', kind ? `${kind.work_kind}, up to ${count(kind.rated_power_watts / 1000)} kW` : `class ${code.classIndex}, which this network does not have`],
          ['Signed by the device', code.proof ? `for wallet ${short(code.proof.wallet)}, until ${moment(code.proof.validUntilUnix)}` : 'not yet: run the command above with your wallet’s address'],
        ]}
      />
      <div class="row">
        <button type="button" disabled={!connected || !code.proof || state.busy} onClick={register}>
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
    </Card>
  );
}
