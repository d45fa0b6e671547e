// Forty records that are all JSON and that no tidy mind would send: as an API sends them, and as
// SQL must give them back.

/** A record's text, and the cells of the current rows that are not null. */
export type Awkward = readonly [
  record: string,
  cells: Readonly<Record<string, string | number | bigint | boolean>>,
];

const deep = `${'{"a":'.repeat(60)}"x"${'}'.repeat(60)}`;

export const AWKWARD: readonly Awkward[] = [
  // Keys.
  ['{"n":1,"größe":1.5}', { größe: 1.5 }],
  ['{"n":2,"注文番号":"A-1"}', { 注文番号: 'A-1' }],
  ['{"n":3,"e\u0301":"decomposed"}', { '\u00e9': 'decomposed' }],
  ['{"n":4,"a.b":1}', { a_b: 1n }],
  ['{"n":5,"a b":2}', { a_b_2: 2n }],
  ['{"n":6,"a_b":3}', { a_b_3: 3n }],
  ['{"n":7,"id":1,"ID":"upper"}', { id: 1n, ID_2: 'upper' }],
  ['{"n":8,"Id":true}', { Id_3: true }],
  ['{"n":9,"":"empty key"}', { _: 'empty key' }],
  ['{"n":10,"select":1,"from":"f","order":[1]}', { select: 1n, from: 'f', order: '[1]' }],
  ['{"n":11,"quote\\"it\'s":"\'"}', { quote_it_s: "'" }],
  ['{"n":12,"line\\nbreak":"a\\nb\\tc"}', { line_break: 'a\nb\tc' }],
  ['{"n":13,"_run_id":"mine","_date":"mine"}', { _run_id_2: 'mine', _date_2: 'mine' }],
  ['{"n":14,"a/b~c":"pointer"}', { a_b_c: 'pointer' }],
  ['{"n":15,"gr\\u00f6\\u00dfe":2}', { größe: 2 }],
  // Values that come in many types.
  ['{"n":16,"late":null}', {}],
  ['{"n":17,"late":7}', { late: '7' }],
  ['{"n":18,"late":"text"}', { late: 'text' }],
  ['{\n  "n": 19,\n  "late": {"x": [1,\r\n 2]}\n}', { late: '{"x":[1,2]}' }],
  ['{"n":20,"flag":true}', { flag: 'true' }],
  ['{"n":21,"flag":"true"}', { flag: 'true' }],
  ['{"n":22,"only_null":null}', {}],
  // Numbers.
  ['{"n":23,"price":1}', { price: 1 }],
  ['{"n":24,"price":1.10}', { price: 1.1 }],
  ['{"n":25,"price":-0.0}', { price: -0 }],
  ['{"n":26,"big":9007199254740993}', { big: 9007199254740993n }],
  ['{"n":27,"big":-9223372036854775808}', { big: -9223372036854775808n }],
  ['{"n":28,"twenty":12345678901234567890}', { twenty: '12345678901234567890' }],
  ['{"n":29,"twenty":1}', { twenty: '1' }],
  ['{"n":30,"mixed":9007199254740993,"exp":1e3}', { mixed: '9007199254740993', exp: 1000 }],
  ['{"n":31,"mixed":1.5,"huge":1e400}', { mixed: '1.5', huge: '1e400' }],
  // Nested.
  [`{"n":32,"deep":${deep}}`, { deep }],
  ['{"n":33,"list":[],"object":{}}', { list: '[]', object: '{}' }],
  ['{"n":34,"list":[1,{"x":null},[]]}', { list: '[1,{"x":null},[]]' }],
  // Text.
  ['{"n":35,"zip":"01234","day":"2026-11-21"}', { zip: '01234', day: '2026-11-21' }],
  [
    '{"n":36,"at":"2026-11-21T23:59:59.123+14:00","json":"{\\"a\\":1}"}',
    { at: '2026-11-21 09:59:59.123', json: '{"a":1}' },
  ],
  ['{"n":37,"at":"2026-11-21 10:00:00"}', { at: '2026-11-21 10:00:00' }],
  ['{"n":38,"at":"not a time","emoji":"👩‍👧 \\ud83d\\ude00"}', { emoji: '👩‍👧 😀' }],
  // What strict readers refuse.
  ['{"n":39,"cut":"x\\ud83d"}', { cut: 'x\ufffd' }],
  ['{"n":40,"twice":1,"twice":2}', { twice: 1n }],
];

/** `name:type` of each column, in the order in which they are met. */
export const AWKWARD_COLUMNS = [
  'n:integer',
  'größe:double',
  '注文番号:string',
  '\u00e9:string',
  'a_b:integer',
  'a_b_2:integer',
  'a_b_3:integer',
  'id:integer',
  'ID_2:string',
  'Id_3:boolean',
  '_:string',
  'select:integer',
  'from:string',
  'order:json',
  'quote_it_s:string',
  'line_break:string',
  '_run_id_2:string',
  '_date_2:string',
  'a_b_c:string',
  'late:string',
  'flag:string',
  'only_null:unknown',
  'price:double',
  'big:bigint',
  'twenty:string',
  'mixed:string',
  'exp:double',
  'huge:string',
  'deep:json',
  'list:json',
  'object:json',
  'zip:string',
  'day:string',
  'at:string',
  'json:string',
  'emoji:string',
  'cut:string',
  'twice:integer',
];
