/** A bar for every epoch, and the same numbers as a table for those who do not see them. */
import { Table } from './parts';

export interface Bar {
  label: string;
  value: bigint;
  shown: string;
  href?: string;
}

const [WIDTH, HEIGHT, FOOT, HEAD] = [640, 240, 30, 32];

export function Bars({ title, of, unit }: { title: string; of: Bar[]; unit: string }) {
  const most = of.reduce((most, { value }) => (value > most ? value : most), 0n);
  const step = WIDTH / Math.max(of.length, 6);
  const width = Math.max(2, step * 0.7);
  // Exact enough for pixels, whatever the size of the numbers.
  const height = (value: bigint) => (most === 0n ? 0 : (Number((value * 10_000n) / most) / 10_000) * (HEIGHT - FOOT - HEAD));
  const every = Math.ceil(of.length / 8);
  const best = of.find(({ value }) => value === most);
  return (
    <figure class="figure">
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title}: ${of.length} epochs, at most ${best?.shown ?? '0'}`}>
        <line x1="0" x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
        {best && (
          <text x="0" y="20">
            {best.shown}
          </text>
        )}
        {of.map(({ label, value, shown }, index) => (
          <g key={label}>
            <rect class="bar" x={index * step + (step - width) / 2} y={HEIGHT - FOOT - height(value)} width={width} height={height(value)} rx="2">
              <title>{`${label}: ${shown}`}</title>
            </rect>
            {index % every === 0 && (
              <text x={index * step + step / 2} y={HEIGHT - 7} text-anchor="middle">
                {label}
              </text>
            )}
          </g>
        ))}
      </svg>
      <details>
        <summary>As a table</summary>
        <Table
          caption={title}
          columns={['Epoch', `${unit}#`]}
          rows={of.map(({ label, shown, href }) => [href ? <a href={href}>{label}</a> : label, shown])}
        />
      </details>
    </figure>
  );
}
