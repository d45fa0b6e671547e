// Reads the `RateLimit` fields of the IETF drafts (draft-ietf-httpapi-ratelimit-headers) in all the
// shapes they have had. As RFC 9651 asks, a field with any fault in it is ignored as a whole; so is
// a quota that is not counted in requests.

import type { Headers } from './exchange.ts';
import type { MomentUnit } from './moment.ts';

/** What the fields say of one policy. `reset` is left as written: some servers send an epoch. */
export interface Quota {
  readonly limit?: number;
  readonly remaining?: number;
  readonly reset?: string;
  readonly resetUnit?: MomentUnit;
  readonly periodMs?: number;
}

/**
 * The quotas a response tells of, in this order of preference:
 * - drafts 08 and later: `RateLimit: "default";r=50;t=30`, `RateLimit-Policy: "default";q=100;w=60`
 * - draft 07: `RateLimit: limit=100, remaining=50, reset=30`, `RateLimit-Policy: 100;w=60`
 * - drafts 00 to 06: `RateLimit-Limit: 100, 100;w=60`, `RateLimit-Remaining`, `RateLimit-Reset`
 * - policies alone, which tell the size and the length but not what is left
 */
export function readQuotas(headers: Headers): readonly Quota[] {
  const policies = readPolicies(headers, 'ratelimit-policy');
  const current = parseMembers(headers['ratelimit']);
  if (current.some((member) => member.key !== undefined)) {
    return present(fromDictionary(current, policies));
  }
  const listed = current.flatMap((member) => present(fromListed(member, policies)));
  if (listed.length > 0) return listed;
  const separate = fromThreeFields(headers, policies);
  if (separate !== undefined) return [separate];
  return policies.filter((policy) => policy.counted).flatMap((policy) => present(sized(policy)));
}

interface Policy {
  readonly name: string;
  readonly limit: number | undefined;
  readonly periodMs: number | undefined;
  readonly counted: boolean;
}

function readPolicies(headers: Headers, field: string): readonly Policy[] {
  return parseMembers(headers[field]).map(({ value, parameters }) => ({
    name: String(value),
    limit: atLeast(1, parameters.get('q') ?? parameters.get('l') ?? value),
    periodMs: thousandfold(atLeast(1, parameters.get('w'))),
    counted: (parameters.get('qu') ?? 'requests') === 'requests',
  }));
}

function fromListed(member: Member, policies: readonly Policy[]): Quota | undefined {
  const policy = policies.find(({ name }) => name === String(member.value));
  if (policy?.counted === false) return undefined;
  const remaining = atLeast(0, member.parameters.get('r'));
  if (remaining === undefined) return undefined;
  return { ...sized(policy), ...left(remaining, member.parameters.get('t')) };
}

function fromDictionary(
  members: readonly Member[],
  policies: readonly Policy[],
): Quota | undefined {
  const entry = (key: string) => members.find((member) => member.key === key)?.value;
  return joined(entry('limit'), entry('remaining'), entry('reset'), policies);
}

function fromThreeFields(headers: Headers, policies: readonly Policy[]): Quota | undefined {
  const limits = parseMembers(headers['ratelimit-limit']);
  const remaining = parseMembers(headers['ratelimit-remaining'])[0]?.value;
  const reset = headers['ratelimit-reset'];
  const all = [...policies, ...readPolicies(headers, 'ratelimit-limit')];
  return joined(limits[0]?.value, remaining, reset, all);
}

/** The older shapes name no policy: the window is that of the policy with the same quota. */
function joined(
  limitValue: BareItem | undefined,
  remainingValue: BareItem | undefined,
  reset: BareItem | undefined,
  policies: readonly Policy[],
): Quota | undefined {
  const limit = atLeast(1, limitValue);
  const remaining = atLeast(0, remainingValue);
  if (limit === undefined && remaining === undefined) return undefined;
  const policy = policies.find((one) => one.limit === limit && one.periodMs !== undefined);
  return {
    ...sized({ name: '', limit, periodMs: policy?.periodMs, counted: true }),
    ...left(remaining, reset),
  };
}

function sized(policy: Policy | undefined): Quota {
  const { limit, periodMs } = policy ?? {};
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(periodMs === undefined ? {} : { periodMs }),
  };
}

function left(remaining: number | undefined, reset: BareItem | undefined): Quota {
  return {
    ...(remaining === undefined ? {} : { remaining }),
    ...(reset === undefined ? {} : { reset: String(reset) }),
  };
}

const present = (quota: Quota | undefined): readonly Quota[] =>
  quota === undefined || Object.keys(quota).length === 0 ? [] : [quota];

/** A quota of nothing would wait for ever: it is no word. Less than nothing is nothing left. */
function atLeast(least: 0 | 1, value: BareItem | undefined): number | undefined {
  if (typeof value !== 'number') return undefined;
  if (least === 0) return Math.max(0, Math.floor(value));
  return value >= 1 ? Math.floor(value) : undefined;
}

const thousandfold = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

type BareItem = string | number | boolean;

/** A member of a list, or of a dictionary when it has a key. */
interface Member {
  readonly key?: string;
  readonly value: BareItem;
  readonly parameters: ReadonlyMap<string, BareItem>;
}

const KEY = '[a-z*][a-z0-9_.*-]*';
const BARE =
  String.raw`"(?:[^"\\\x00-\x1f]|\\["\\])*"|-?\d{1,15}(?:\.\d{1,3})?` +
  String.raw`|\?[01]|:[A-Za-z0-9+/=]*:|[A-Za-z*][!#$%&'*+.^_\x60|~:/0-9A-Za-z-]*`;
const MEMBER = new RegExp(String.raw`[ \t]*(?:(${KEY})=)?(${BARE})`, 'y');
const PARAMETER = new RegExp(String.raw`[ \t]*;[ \t]*(${KEY})(?:=(${BARE}))?`, 'y');
const SEPARATOR = /[ \t]*(?:,|$)/y;

/** RFC 9651 list or dictionary without inner lists; empty when absent or when anything is wrong. */
function parseMembers(field: string | undefined): readonly Member[] {
  if (field === undefined) return [];
  const members: Member[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(field);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  do {
    const member = take(MEMBER);
    if (member === null) return [];
    const parameters = new Map<string, BareItem>();
    for (let found = take(PARAMETER); found !== null; found = take(PARAMETER)) {
      parameters.set(found[1] ?? '', bareItem(found[2] ?? '?1'));
    }
    const key = member[1] === undefined ? {} : { key: member[1] };
    members.push({ ...key, value: bareItem(member[2] ?? ''), parameters });
    if (take(SEPARATOR) === null) return [];
  } while (at < field.length || field.endsWith(','));
  return members;
}

function bareItem(text: string): BareItem {
  if (/^-?\d/.test(text)) return Number(text);
  if (text.startsWith('"')) return text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
  return text.startsWith('?') ? text === '?1' : text;
}
