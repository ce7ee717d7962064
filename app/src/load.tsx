/** Asks for what a page shows, and says so while it waits and when it fails. */
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from './api';

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
  again: () => void;
}

const RETRY_MS = 5_000;

/** Runs `load` now, when `keys` change, and every `everyMs`. After a failure it tries again by itself. */
export function useLoad<T>(load: () => Promise<T>, keys: unknown[], everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{ value?: T; problem?: Problem }>({});
  const [turn, setTurn] = useState(0);
  const last = useRef<unknown[]>([]);
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // What is shown of another page's subject would be wrong here.
    const sameSubject = keys.every((key, place) => Object.is(key, last.current[place]));
    if (!sameSubject) setState({});
    last.current = keys;
    const later = (ms: number) => (timer = setTimeout(() => setTurn((turn) => turn + 1), ms));
    load().then(
      (value) => {
        if (!current) return;
        setState({ value });
        if (everyMs) later(everyMs);
      },
      (error) => {
        if (!current) return;
        setState((before) => ({ value: before.value, problem: asProblem(error) }));
        if (everyMs) later(RETRY_MS);
      },
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [...keys, turn]);
  const again = useCallback(() => setTurn((turn) => turn + 1), []);
  return { ...state, again };
}

/** What stands between backticks is to be typed or looked up as it is. */
const withCode = (words: string) => words.split('`').map((part, place) => (place % 2 === 1 ? <code>{part}</code> : part));

export function ProblemBox({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.title}</strong> {withCode(problem.next)}
      </p>
      {problem.detail && (
        <details>
          <summary>What exactly</summary>
          <p>
            <code>{problem.detail}</code>
          </p>
        </details>
      )}
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Shows `children` of what was loaded; before that that it is awaited; beside it what went wrong. */
export function Show<T>({ of, children, what }: { of: Loaded<T>; children: (value: T) => ComponentChildren; what: string }) {
  return (
    <>
      {of.problem && <ProblemBox problem={of.problem} again={of.again} />}
      {of.value !== undefined ? children(of.value) : !of.problem && <p class="waiting" role="status">Loading {what}…</p>}
    </>
  );
}
