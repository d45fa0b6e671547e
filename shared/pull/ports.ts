// Everything that planning, pulling and publishing touch outside themselves.

import type { Catalogue } from '../ports/catalogue/catalogue.ts';
import type { Clock } from '../ports/clock.ts';
import type { Http } from '../ports/http/http.ts';
import type { Journal } from '../ports/journal.ts';
import type { Lake, LakeKeeping } from '../ports/lake/lake.ts';
import type { Ledger } from '../ports/ledger/ledger.ts';
import type { TokenLock } from '../ports/ledger/token-lock.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets/secrets.ts';

/** What a round touches. */
export interface PullPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: Http;
  readonly lake: Lake & Pick<LakeKeeping, 'listObjects'>;
  readonly ledger: Ledger;
  readonly secrets: Secrets;
  readonly tokenLock: TokenLock;
  readonly journal: Journal;
}

/** What planning and closing a run touch. */
export type LedgerPorts = Pick<PullPorts, 'clock' | 'ledger' | 'journal'>;

/** What reading back a stream touches. */
export type LakePorts = LedgerPorts & Pick<PullPorts, 'lake'>;

/** What publishing a stream touches. */
export interface PublishPorts extends LakePorts {
  readonly lake: Lake & Pick<LakeKeeping, 'listObjects'>;
  readonly catalogue: Catalogue;
}

/** What a whole run touches, where one process does all of it. */
export interface Ports extends PullPorts, PublishPorts {
  readonly lake: PublishPorts['lake'];
}
