/** Small things that many pages show. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { moment, short, span } from '../format';

/** A long name by its ends, whole for those who point at it or copy it. */
export function Name({ of, href, ends }: { of: string; href?: string; ends?: number }) {
  const shown = (
    <span class="hash" title={of}>
      {short(of, ends)}
    </span>
  );
  if (href) return <a href={href}>{shown}</a>;
  return (
    <span>
      {shown} <Copy text={of} label={`Copy ${short(of, ends)}`} />
    </span>
  );
}

/** `shown` stands on the button; without it, what is copied stands beside it. */
export function Copy({ text, label, shown = 'copy' }: { text: string; label: string; shown?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard?.writeText(text).then(() => setCopied(true), () => undefined);
  return (
    <button type="button" class="copy" onClick={copy} aria-label={label}>
      {copied ? 'copied' : shown}
    </button>
  );
}

export function Tiles({ of }: { of: [string, ComponentChildren, ComponentChildren?][] }) {
  return (
    <dl class="tiles">
      {of.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

export function Card({ title, children }: { title?: string; children: ComponentChildren }) {
  return (
    <section class="card" aria-label={title}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  );
}

/** A table that scrolls by itself on a narrow screen. Columns whose name ends in `#` hold numbers. */
export function Table({ caption, columns, rows }: { caption: string; columns: string[]; rows: ComponentChildren[][] }) {
  const names = columns.map((column) => ({ name: column.replace(/#$/, ''), number: column.endsWith('#') ? 'number' : undefined }));
  return (
    <div class="scroll" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {names.map(({ name, number }) => (
              <th key={name} class={number} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place} class={names[place]?.number ?? (typeof cell === 'string' ? 'plain' : undefined)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Tag({ kind, children }: { kind: 'good' | 'warn' | 'bad'; children: ComponentChildren }) {
  return <span class={`tag ${kind}`}>{children}</span>;
}

/** The oracle's time, carried on from when it was told. */
export function useNow(toldUnix: number | undefined): number | undefined {
  const [told, setTold] = useState<{ unix: number; at: number }>();
  const [, tick] = useState(0);
  useEffect(() => {
    if (toldUnix !== undefined) setTold({ unix: toldUnix, at: performance.now() });
  }, [toldUnix]);
  useEffect(() => {
    const timer = setInterval(() => tick((turn) => turn + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return told && told.unix + Math.floor((performance.now() - told.at) / 1000);
}

/** `in 3 h 20 min`, with the moment itself. */
export function Countdown({ to, now }: { to: number; now?: number }) {
  if (now === undefined) return <>{moment(to)}</>;
  return (
    <span title={moment(to)}>
      {to > now ? 'in ' : ''}
      {span(Math.abs(to - now))}
      {to > now ? '' : ' ago'}
    </span>
  );
}

export function Pager({ back, next, label }: { back?: () => void; next?: () => void; label: string }) {
  if (!back && !next) return null;
  return (
    <div class="row" role="group" aria-label={label}>
      <button type="button" class="plain" disabled={!back} onClick={back}>
        Back
      </button>
      <button type="button" class="plain" disabled={!next} onClick={next}>
        More
      </button>
    </div>
  );
}
