/** A new device: scan the code that it shows, and sign with the wallet that is to own it. */
import { useState } from 'preact/hooks';
import { asProblem, network, Problem, type Network } from '../api';
import { ProblemBox, Show, useLoad } from '../load';
import { Card, Copy } from '../ui/parts';
import { useWallet } from '../wallet/wallets';
import { parseCode, type DeviceCode } from './register/code';
import { Scanner } from './register/scanner';
import { SignCard } from './register/sign';

function fromAddress(): string {
  return new URLSearchParams(location.search).has('device') ? location.href : '';
}

export function RegisterPage() {
  const facts = useLoad(network, []);
  const [text, setText] = useState(fromAddress);
  const [scanning, setScanning] = useState(false);
  const { connected } = useWallet();
  const command = `trellis agent show . --operator ${connected?.account.address ?? 'YOUR-WALLET'}`;
  return (
    <>
      <h1>Register a device</h1>
      <p class="lead">The device shows a code; you scan it; your wallet signs. From then on what the device does earns for you.</p>
      <Show of={facts} what="the network">
        {(facts) => (
          <>
            <Card title="1. The device’s code">
              <p>
                On the device, run this in the agent’s folder. It shows a QR code and the same as text. <Copy text={command} label="Copy the command" />
              </p>
              <p>
                <code>{command}</code>
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
            {text.trim() && <Second facts={facts} text={text.trim()} key={text} />}
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
  const code = read(facts, text);
  return code instanceof Problem ? <ProblemBox problem={code} /> : <SignCard facts={facts} code={code} />;
}
