/** Why the chain refuses a transaction, in words with a next step. */
import { Problem } from '../api';
import { programErrors } from '../generated/errors';

/** What a reader can do about it; for all others the program's own words. */
const NEXT: Record<string, string> = {
  NothingToClaim: 'More comes with the next epoch.',
  RootNotKept: 'A newer epoch has replaced this proof. Load the page again and claim anew.',
  InvalidProof: 'The proof does not lead to the chain’s root. Load the page again; if it stays so, do not trust this oracle.',
  Paused: 'The guardian has stopped payments for a while. Nothing is lost; try again later.',
  DeviceSuspended: 'The device is suspended. Its page says why, and how to appeal.',
  NotSuspended: 'It was reinstated in the meantime. Load the page again.',
  AlreadyAppealed: 'Whoever runs the network decides about it. Load the page again.',
  MakerSignatureMissing: 'The device’s maker must sign as well: ask the maker to register it with you.',
  ProofOutOfTime: 'The device’s code is too old. Let the device show a new one.',
  ProofOfAnotherMessage: 'The device made its code for another wallet, network or class. Let it make one for this wallet.',
};

export function refusal(error: unknown, logs: readonly string[]): Problem {
  const text = JSON.stringify(error, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  const code = /"Custom":"?(\d+)/.exec(text)?.[1];
  const known = code === undefined ? undefined : programErrors[Number(code)];
  const detail = [text, ...logs.slice(-3)].join('\n');
  if (known) return new Problem(sentence(known.message), NEXT[known.name] ?? 'Nothing was sent, and nothing was paid.', detail, known.name);
  if (/AccountNotFound|InsufficientFunds/.test(text) || (code === '1' && logs.some((line) => line.includes('insufficient lamports')))) {
    return new Problem(
      'The wallet has too little SOL to pay the fee.',
      'Send it a little SOL. If this oracle offers it, claim without SOL instead.',
      detail,
      'no_sol',
    );
  }
  return new Problem('The chain refuses this.', 'Nothing was paid. The words below say why.', detail, 'refused');
}

const sentence = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith('.') ? '' : '.'}`;
