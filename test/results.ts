// What a run of tests comes to, for CI: how many passed, and of each failure its name and what it
// said. A test that was skipped because its preparation failed has not passed.

import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';

export interface Results {
  readonly passed: number;
  readonly failures: readonly FailedTest[];
}

interface FailedTest {
  /** `test/core/walk.test.ts > a walk > ends` */
  readonly name: string;
  readonly message: string;
}

export const failed = (name: string, message: string): Results => ({
  passed: 0,
  failures: [{ name, message }],
});

export function resultsOf(
  modules: readonly TestModule[],
  outside: readonly SerializedError[],
): Results {
  if (modules.length === 0) return failed('all tests', 'There are none.');
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const notPassed = tests.filter((test) => test.result().state !== 'passed');
  return {
    passed: tests.length - notPassed.length,
    failures: [
      ...notPassed.map((test) => ({
        name: `${test.module.relativeModuleId} > ${test.fullName}`,
        message: messageOf(test.result().errors ?? []),
      })),
      ...modules.flatMap((module) => [
        ...failureAround(module.relativeModuleId, module),
        ...[...module.children.allSuites()].flatMap((suite) =>
          failureAround(`${module.relativeModuleId} > ${suite.fullName}`, suite),
        ),
      ]),
      ...(outside.length > 0
        ? [{ name: 'outside of any test', message: messageOf(outside) }]
        : []),
    ],
  };
}

/** A file that can't be loaded, or a hook that failed. */
function failureAround(name: string, around: TestModule | TestSuite): FailedTest[] {
  const errors = around.errors();
  return errors.length > 0 ? [{ name, message: messageOf(errors) }] : [];
}

/** The message and the first places of the stack; between them what differs. */
const messageOf = (errors: readonly SerializedError[]): string =>
  errors
    .map(({ message, diff = '', stack = '' }) => {
      const places = stack.split('\n').filter((line) => /^\s+at .*\/test\//.test(line));
      return stripVTControlCharacters([message, diff, ...places.slice(0, 2)].join('\n'));
    })
    .join('\n');

/** Leaves the results in a file, as JSON. */
export const resultsIn = (file: string): Reporter => ({
  onTestRunEnd: (modules, outside) =>
    writeFileSync(file, JSON.stringify(resultsOf(modules, outside))),
});
