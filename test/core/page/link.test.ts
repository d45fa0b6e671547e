import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLinks, withoutParameter } from '../../../shared/core/page/link.ts';
import { nextPage } from '../../../shared/core/page/pagination.ts';
import { aPage, ORIGIN } from '../builders.ts';

describe('a next link', () => {
  const to = (next: string) =>
    nextPage({
      stream: { pagination: { kind: 'link', from: 'next' }, records: '' },
      isWhole: true,
      rowsBefore: 0,
      pagesBefore: 0,
      cursor: null,
      page: aPage({ body: JSON.stringify({ next }) }),
      origin: ORIGIN,
    });

  it('is used as given: its encoding is not touched', () => {
    const url = `${ORIGIN}/v1/things?after=WzEyXQ%3d%3d&timeStamp=%3E%3D%2C2021&x=a|b`;
    expect(to(url)).toEqual({ kind: 'next', cursor: { url } });
  });

  it('is resolved against the page when it is relative', () => {
    expect(to('?page=3')).toEqual({ kind: 'next', cursor: { url: `${ORIGIN}/v1/things?page=3` } });
    expect(to('/v2/things')).toEqual({ kind: 'next', cursor: { url: `${ORIGIN}/v2/things` } });
  });

  it.each(['file:///etc/passwd', 'data:,x', 'mailto:a@b.example'])(
    'is told as what it is where it has no origin: %s',
    (next) => {
      const { reason } = Object(to(next));
      expect(reason).toContain(`but leads to a ${URL.parse(next)?.protocol} address`);
    },
  );

  for (const next of [
    'https://evil.example.net/v1/things',
    'http://api.example.com/v1/things',
    'https://api.example.com:8443/v1/things',
    '//evil.example.net/things',
    'https://api.example.com@evil.example.net/',
    'https://user:secret@api.example.com/v1/things',
    'https://api.example.com.evil.example.net/',
    'javascript:alert(1)',
    'https://[',
  ]) {
    it(`is refused when it leaves the origin: ${next}`, () => expect(to(next).kind).toBe('fault'));
  }

  it('never shows a user name or password in the reason', () => {
    expect(JSON.stringify(to('https://user:secret@api.example.com/'))).not.toContain('secret');
  });
});

describe('the Link header', () => {
  const targets = (header: string, rel: string) =>
    parseLinks(header)
      ?.filter(({ rels }) => rels.includes(rel))
      .map(({ target }) => target);

  it.each([
    ['several links', '<a?p=1>; rel="prev", <a?p=3>; rel="next"', ['a?p=3']],
    ['several header values joined by commas', '<a>; rel=first,<b>; rel=next', ['b']],
    ['a comma inside quotes', '<a>; title="x, <y>; rel=next"; rel="prev", <b>; rel=next', ['b']],
    ['a comma and a semicolon inside the target', '<a?x=1,2;3>; rel="next"', ['a?x=1,2;3']],
    ['a list of relations', '<a>; rel="next last"', ['a']],
    ['any case', '<a>; REL="NeXt"', ['a']],
    ['no quotes', '<a>;rel=next', ['a']],
    ['single quotes', "<a>; rel='next', <b>; rel='last first'", ['a']],
    ['an apostrophe in a value', "<a>; title*=UTF-8''%e2%82%ac; rel=next", ['a']],
    ['other parameters before it', '<a>; hreflang=en; foo; rel="next"', ['a']],
    ['only the first rel of a link', '<a>; rel="prev"; rel="next"', []],
    ['an escaped quote', '<a>; title="say \\"hi\\""; rel=next', ['a']],
    ['empty list members and a trailing semicolon', ', <a>; rel=next; ,,', ['a']],
    ['a relation that only begins like it', '<a>; rel="nextish"', []],
    ['an anchor: a link of another resource', '<a>; rel=next; anchor="#x"', []],
    ['an empty header', '', []],
  ])('is read with %s', (_, header, expected) => {
    expect(targets(header, 'next')).toEqual(expected);
  });

  it.each(['next', '<a', '<a> rel=next', '<a>; rel="next', '<a>; rel="x" y'])(
    'is malformed: %s',
    (header) => expect(parseLinks(header)).toBeUndefined(),
  );

  it('never hangs or throws on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', ';', ',', '"', '\\', '=', ' ', 'a') }),
        (text) => {
          parseLinks(text);
        },
      ),
    );
  });
});

describe('a URL without a parameter', () => {
  it.each([
    ['https://a.example/x?key=1', 'https://a.example/x'],
    ['https://a.example/x?p=%2f&key=1&q=a+b', 'https://a.example/x?p=%2f&q=a+b'],
    ['https://a.example/x?k%65y=1&key=2&keys=3', 'https://a.example/x?keys=3'],
    ['https://a.example/x?p&&q', 'https://a.example/x?p&&q'],
    ['https://a.example/key=1', 'https://a.example/key=1'],
  ])('%s is %s', (url, without) => {
    expect(withoutParameter(url, 'key')).toBe(without);
  });
});
