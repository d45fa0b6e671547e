export const faults = [
  'streams[0].include.code: expected no secret here, where it would be told, got {appKey}',
  'streams[1].body.tags: expected one value, as a form has it',
  'baseUrl: expected no secret here, where it would be told, got {appKey}',
  'secrets.password: expected another name: credentials of kind "login" have this field',
  'secrets.accessToken: expected another name: credentials of kind "login" have this field',
  'secrets.appKey: expected another name: its variable DRIPLAKE_BAD_SIGN_IN_APP_KEY is also that of appKEY',
  'credentials: expected at most one of header, query, cookie, body for kind "login"',
  'credentials.format: expected text with {token}, got "Bearer {session}"',
  'credentials.request.url: expected an http or https URL, or a path from "/", got "login"',
  'credentials.request: expected either body or form',
  'credentials.request.method: expected "POST" beside a body, got "GET"',
  'credentials.request.headers.X-Tenant: expected {tenant} to be declared under settings, got no such setting',
];

export default {
  name: 'bad-sign-in',
  baseUrl: 'https://{appKey}.example.com',
  settings: { appKEY: 'The same under another name' },
  secrets: { password: 'Of the user', accessToken: 'A token', appKey: 'Of the application' },
  credentials: {
    kind: 'login',
    header: 'X-Session',
    cookie: 'sid',
    format: 'Bearer {session}',
    request: {
      url: 'login',
      method: 'GET',
      headers: { 'X-Tenant': '{tenant}', 'X-App': '{appKey}' },
      body: { user: '{username}' },
      form: { password: '{password}' },
    },
    token: 'token',
  },
  streams: [
    {
      name: 'things',
      path: 'things/{appKey}',
      records: 'data',
      pagination: { kind: 'single' },
      include: { code: '{appKey}' },
    },
    {
      name: 'others',
      path: 'others',
      method: 'POST',
      bodyAs: 'form',
      body: { tags: ['a'], code: '{appKey}' },
      records: 'data',
      pagination: { kind: 'single' },
    },
  ],
};
