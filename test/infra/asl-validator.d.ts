// The package ships no types of its own.
declare module 'asl-validator' {
  type Verdict = { readonly isValid: boolean; readonly errors: readonly { message: string }[] };
  export default function validate(definition: unknown): Verdict;
}
