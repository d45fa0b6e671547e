// The functions of a deployment, by the names of their folders.

export const FUNCTION_NAMES = [
  'plan-run',
  'pull-pages',
  'finish-stream',
  'finish-run',
  'compact',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
