/** Which page the address names, and moving between pages without loading anew. */
import { useEffect, useState } from 'preact/hooks';

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

export function go(path: string) {
  history.pushState(null, '', path);
  scrollTo(0, 0);
  tell();
}

/** The path of the page. Whoever asks is asked again when what stands behind the path changes, too. */
export function usePath(): string {
  const [, setAddress] = useState(location.href);
  useEffect(() => {
    const update = () => setAddress(location.href);
    listeners.add(update);
    addEventListener('popstate', update);
    return () => {
      listeners.delete(update);
      removeEventListener('popstate', update);
    };
  }, []);
  return location.pathname;
}

/** Follows links of ours without a reload; leaves all others, and new tabs, to the browser. */
export function followLinks(event: MouseEvent) {
  const link = (event.target as Element | null)?.closest?.('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/v1/') || link.hash) return;
  event.preventDefault();
  if (link.href !== location.href) go(link.pathname + link.search);
}
