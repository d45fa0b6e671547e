// Everything that the pull touches outside itself.

import type { Clock } from '../ports/clock.ts';
import type { Http } from '../ports/http.ts';
import type { Journal } from '../ports/journal.ts';
import type { Lake } from '../ports/lake.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TokenLock } from '../ports/token-lock.ts';

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: Http;
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly secrets: Secrets;
  readonly tokenLock: TokenLock;
  readonly journal: Journal;
}

/** What planning and closing a run touch. */
export type LedgerPorts = Pick<Ports, 'clock' | 'ledger' | 'journal'>;

/** What publishing a stream touches. */
export type LakePorts = LedgerPorts & Pick<Ports, 'lake'>;
