// The moments at which a process is killed, by the phase of the run that they are in.

export const MOMENTS = {
  starting: ['start takes its seat', 'start asks the ledger', 'start hears the ledger'],
  pulling: ['page is asked for', 'page is answered'],
  landing: ['batch is opened', 'batch is half written', 'batch is flushed', 'batch is in place'],
  committing: ['commit asks the ledger', 'commit hears the ledger'],
  finishing: [
    'manifest is opened',
    'manifest is half written',
    'manifest is flushed',
    'manifest is in place',
    'finish asks the ledger',
    'finish hears the ledger',
  ],
} as const;

export type Moment = (typeof MOMENTS)[keyof typeof MOMENTS][number];
