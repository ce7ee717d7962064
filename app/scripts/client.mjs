// Writes a client of the programs into src/generated, from the IDLs that the programs' build wrote into sdk/idl.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import { createFromRoot } from 'codama';

// It warns of names that accounts and arguments of two instructions share; this app does not use those.
const { warn } = console;
console.warn = (...words) => words.join(' ').includes('conflicting attributes') || warn(...words);

const app = join(dirname(fileURLToPath(import.meta.url)), '..');
const idls = process.env.TRELLIS_IDL ?? join(app, '../sdk/idl');
const generated = join(app, 'src/generated');
rmSync(generated, { recursive: true, force: true });
for (const name of ['registry', 'token', 'staking', 'rewards']) {
  const idl = JSON.parse(readFileSync(join(idls, `${name}.json`), 'utf8'));
  // Codama knows no other names for types. The accounts name the types themselves.
  idl.types = idl.types.filter(({ type }) => type.kind !== 'type');
  const client = createFromRoot(rootNodeFromAnchor(idl));
  await client.accept(renderVisitor(app, { generatedFolder: `src/generated/${name}`, deleteFolderBeforeRendering: true, formatCode: false, syncPackageJson: false }));
}

// Parts that this app does not use and that are written for other versions of their libraries are left out of its type check.
for (const name of ['registry', 'token', 'staking', 'rewards']) {
  for (const part of ['programs', 'errors']) {
    const folder = join(app, 'src/generated', name, part);
    for (const file of readdirSync(folder)) {
      const path = join(folder, file);
      writeFileSync(path, `// @ts-nocheck\n${readFileSync(path, 'utf8')}`);
    }
  }
}

// What the programs' error codes mean: the generated clients leave the words out of a built page.
// What to do about them is written once, for the command line and for these pages.
const nextSteps = JSON.parse(readFileSync(join(idls, '../next-steps.json'), 'utf8'));
const entries = ['registry', 'token', 'staking', 'rewards'].flatMap((program) => {
  const { errors = [] } = JSON.parse(readFileSync(join(idls, `${program}.json`), 'utf8'));
  return errors.map(({ code, name, msg }) => `  ${code}: ${JSON.stringify({ name, message: msg ?? name, next: nextSteps[program][name]?.page })},`);
});
writeFileSync(
  join(app, 'src/generated/errors.ts'),
  `export const programErrors: Record<number, { name: string; message: string; next?: string } | undefined> = {\n${entries.join('\n')}\n};\n`,
);
