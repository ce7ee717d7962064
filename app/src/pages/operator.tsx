/** One operator: what it earned, what it can claim, and its devices. */
import { get, network, type Earnings, type Network, type Operator } from '../api';
import { count, short, tokens } from '../format';
import { Show, useLoad, type Loaded as LoadedOf } from '../load';
import { Bars } from '../ui/bars';
import { Card, Facts, Name, Table, Tag, Tiles } from '../ui/parts';
import { DeviceTable } from './devices';
import { useWallet } from '../wallet/wallets';
import { ClaimCard } from './operator/claim';

const NO_OPERATOR = {
  title: 'This wallet owns no device here.',
  next: 'Register one, and what it does earns for the wallet. If it should own some, check the number or the wallet’s address.',
};

export function OperatorPage({ name }: { name: string }) {
  const isOwn = useWallet().connected?.account.address === name;
  const loaded = useLoad(
    async () => {
      const path = `/v1/operators/${encodeURIComponent(name)}`;
      const [facts, operator, earnings] = await Promise.all([network(), get<Operator>(path, NO_OPERATOR), get<Earnings>(`${path}/earnings`, NO_OPERATOR)]);
      return { facts, operator, earnings };
    },
    [name],
    15_000,
  );
  return (
    <>
      <h1>{isOwn ? 'My devices' : `Operator ${/^\d+$/.test(name) ? name : short(name)}`}</h1>
      {isOwn && loaded.problem?.code === 'not_found' ? <NoneYet /> : <Loaded loaded={loaded} />}
    </>
  );
}

/** A wallet that has just come. */
function NoneYet() {
  return (
    <Card>
      <p>
        <strong>This wallet owns no device here yet.</strong> <a href="/register">Register a device</a>, and what it does earns for this wallet.
      </p>
      <p class="soft">If it should own some, look whether the right account is chosen in the wallet. A new device is known here a moment after it was registered.</p>
    </Card>
  );
}

interface Shown {
  facts: Network;
  operator: Operator;
  earnings: Earnings;
}

function Loaded({ loaded }: { loaded: LoadedOf<Shown> }) {
  return (
    <>
      <Show of={loaded} what="the operator">
        {({ facts, operator, earnings }) => (
          <>
            <p class="lead">Owns {operator.devices === 1 ? 'one device' : `${count(operator.devices)} devices`}.</p>
            <Tiles
              of={[
                ['Earned in all', operator.cumulative === undefined ? 'nothing yet' : tokens(operator.cumulative, facts.decimals), operator.final_epoch === undefined ? undefined : `tokens up to epoch ${count(operator.final_epoch)}`],
                ['Devices', count(operator.devices)],
              ]}
            />
            <ClaimCard facts={facts} operator={operator} />
            <Card title="Earned, epoch by epoch">
              {earnings.epochs.length === 0 ? (
                <p class="soft">No epoch with this operator is closed yet.</p>
              ) : (
                <>
                  <Bars
                    title="Earned"
                    unit="Tokens"
                    of={earnings.epochs.map((row) => ({ label: String(row.epoch), value: BigInt(row.earned), shown: tokens(row.earned, facts.decimals), href: `/epochs/${row.epoch}` }))}
                  />
                  <Corrected facts={facts} earnings={earnings} />
                </>
              )}
            </Card>
            <Card title="Devices">
              <DeviceTable query={`operator=${operator.index}`} ofOne />
            </Card>
            <details>
              <summary>On the chain</summary>
              <Card>
                <Facts
                  of={[
                    ['Number', count(operator.index)],
                    ['Wallet', <Name of={operator.wallet} />],
                    ['Is paid at', operator.payout_wallet === operator.wallet ? 'its own wallet' : <Name of={operator.payout_wallet} />],
                  ]}
                />
              </Card>
            </details>
          </>
        )}
      </Show>
    </>
  );
}

/** Epochs in which a debt was paid, or something that was owed. */
function Corrected({ facts, earnings }: { facts: { decimals: number }; earnings: Earnings }) {
  const rows = earnings.epochs.filter(({ withheld, credited }) => withheld !== '0' || credited !== '0');
  if (rows.length === 0) return null;
  return (
    <>
      <p>
        <Tag kind="warn">corrected</Tag> In these epochs something was withheld or added, because earlier ones were paid wrongly.
      </p>
      <Table
        caption="Corrections"
        columns={['Epoch', 'Withheld#', 'Added#']}
        rows={rows.map((row) => [<a href={`/epochs/${row.epoch}`}>{count(row.epoch)}</a>, tokens(row.withheld, facts.decimals), tokens(row.credited, facts.decimals)])}
      />
    </>
  );
}
