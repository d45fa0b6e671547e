// What a benchmark is told by the command line.

export interface BenchOptions {
  /** One JSON object on stdout instead of tables. */
  readonly json: boolean;
  /** The one scenario to run. */
  readonly only?: string;
}
