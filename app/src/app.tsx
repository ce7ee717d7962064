/** The frame around every page, and which page it is. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { network, asProblem, type Problem } from './api';
import { ProblemBox } from './load';
import { NetworkPage } from './pages/network';
import { followLinks, usePath } from './route';
import { WalletButton } from './wallet/button';
import { useWallet } from './wallet/wallets';

type Page = ComponentType<{ name: string }>;

/** Pages other than the first are fetched when they are opened. */
const PAGES: [RegExp, () => Promise<Page>][] = [
  [/^\/epochs$/, async () => (await import('./pages/epochs')).EpochsPage],
  [/^\/epochs\/([^/]+)$/, async () => (await import('./pages/epoch')).EpochPage],
  [/^\/operators$/, async () => (await import('./pages/operators')).OperatorsPage],
  [/^\/operators\/([^/]+)$/, async () => (await import('./pages/operator')).OperatorPage],
  [/^\/devices$/, async () => (await import('./pages/devices')).DevicesPage],
  [/^\/devices\/([^/]+)$/, async () => (await import('./pages/device')).DevicePage],
  [/^\/staking$/, async () => (await import('./pages/staking')).StakingPage],
  [/^\/register$/, async () => (await import('./pages/register')).RegisterPage],
];

const LINKS = [
  ['/', 'Network'],
  ['/epochs', 'Epochs'],
  ['/operators', 'Operators'],
  ['/devices', 'Devices'],
  ['/staking', 'Staking'],
  ['/register', 'Register a device'],
] as const;

function NotFound() {
  return (
    <>
      <h1>There is no such page</h1>
      <p class="lead">
        Go to <a href="/">the network</a>.
      </p>
    </>
  );
}

/** The page that `path` names; `undefined` while it is fetched. */
function usePage(path: string): { page?: Page; name: string; problem?: Problem } {
  const found = PAGES.map(([pattern, load]) => ({ match: pattern.exec(path), load })).find(({ match }) => match);
  const [fetched, setFetched] = useState<{ load: unknown; page?: Page; problem?: Problem }>();
  const load = found?.load;
  useEffect(() => {
    if (!load) return;
    let current = true;
    load().then(
      (page) => current && setFetched({ load, page }),
      (error) => current && setFetched({ load, problem: asProblem(error) }),
    );
    return () => {
      current = false;
    };
  }, [load]);
  const name = decodeURIComponent(found?.match?.[1] ?? '');
  if (path === '/') return { page: NetworkPage as Page, name };
  if (!load) return { page: NotFound as Page, name };
  return fetched?.load === load ? { page: fetched?.page, problem: fetched?.problem, name } : { name };
}

export function App() {
  const path = usePath();
  const { page: Page, name, problem } = usePage(path);
  const [title, setTitle] = useState('Trellis');
  const wallet = useWallet().connected?.account.address;
  const links = wallet ? [...LINKS, [`/operators/${wallet}`, 'My devices'] as const] : LINKS;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    network().then((network) => setTitle(network.name), () => undefined);
  }, []);
  // After a link was followed, reading begins at the new page.
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [path]);
  useEffect(() => {
    const heading = document.querySelector('h1')?.textContent;
    document.title = heading && heading !== title ? `${heading} · ${title}` : title;
  });
  return (
    <div onClick={followLinks}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        <div>
          <a class="brand" href="/">
            <img src="/icon.svg" alt="" /> {title}
          </a>
          <nav aria-label="Pages">
            <ul>
              {links.map(([link, label]) => (
                <li key={link}>
                  <a href={link} aria-current={path === link ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <WalletButton />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {problem && <ProblemBox problem={problem} again={() => location.reload()} />}
        {Page ? <Page name={name} key={path} /> : !problem && <p class="waiting" role="status">Loading…</p>}
      </main>
      <footer class="bottom">
        <p>
          Read from this oracle’s <a href="/v1/openapi.json" target="_blank" rel="noopener">API</a>. Do not trust it: every epoch’s page can check its
          numbers in your browser.
        </p>
      </footer>
    </div>
  );
}
