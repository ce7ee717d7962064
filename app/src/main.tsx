import { render } from 'preact';
import { App } from './app';
import './style.css';

const root = document.getElementById('app');
if (root) render(<App />, root);

// Only a built dashboard has files to keep.
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  addEventListener('load', () => {
    // Without it the pages work as well, only not without a network.
    navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  });
}
