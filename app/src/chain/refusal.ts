/** Why the chain refuses a transaction, in words with a next step. */
import type { Instruction } from '@solana/kit';
import { Problem } from '../api';
import { capital } from '../format';
import { programErrors } from '../generated/errors';

/** `sent`: the transaction is on the chain, so its fee is paid. */
interface Tried {
  instructions: readonly Instruction[];
  logs: readonly string[];
  sent: boolean;
}

export function refusal(error: unknown, { instructions, logs, sent }: Tried): Problem {
  const text = JSON.stringify(error, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  const detail = [text, ...logs.slice(-3)].join('\n');
  const nothing = sent ? 'Nothing but the fee was paid. Load the page again, then try again.' : 'Nothing was sent, and nothing was paid.';
  const [, at, code] = /"InstructionError":\["?(\d+)"?,\{"Custom":"?(\d+)/.exec(text) ?? [];
  const known = code === undefined ? undefined : programErrors[Number(code)];
  if (known) return new Problem(sentence(known.message), known.next ?? nothing, detail, known.name);
  const program = at === undefined ? undefined : instructions[Number(at)]?.programAddress;
  if (program && PRECOMPILES.has(program)) {
    return new Problem('The code is not signed by the device.', 'Scan the device’s code again, or copy the whole of it. If it stays so, let the device show a new one.', detail, 'bad_code');
  }
  if (/AccountNotFound|InsufficientFundsFor/.test(text) || logs.some((line) => line.includes('insufficient lamports'))) {
    return new Problem(
      'The wallet has too little SOL to pay the fee.',
      'Send it a little SOL. If this oracle offers it, claim without SOL instead.',
      detail,
      'no_sol',
    );
  }
  // How SPL Token and Token-2022 say it.
  if (logs.some((line) => line.includes('Error: insufficient funds'))) {
    return new Problem('The wallet holds too few tokens.', 'Write a smaller amount, or claim first what your devices have earned.', detail, 'no_tokens');
  }
  if (/BlockhashNotFound/.test(text)) {
    return new Problem('The transaction came too late for the chain.', 'Nothing was paid. Try again, and sign within a minute.', detail, 'expired');
  }
  return new Problem('The chain refuses this.', `${nothing} The words below say why.`, detail, 'refused');
}

const PRECOMPILES = new Set<string>(['Ed25519SigVerify111111111111111111111111111', 'Secp256r1SigVerify1111111111111111111111111']);

const sentence = (words: string) => `${capital(words)}${words.endsWith('.') ? '' : '.'}`;
