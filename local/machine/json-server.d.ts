// json-server 0.17 ships no types; this is the part that is used.

declare module 'json-server' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  type Middleware = (request: IncomingMessage, response: ServerResponse) => void;
  interface App extends Middleware {
    use(middleware: Middleware | Middleware[]): void;
  }
  const jsonServer: {
    create(): App;
    router(data: object): Middleware;
    defaults(options: { logger: boolean; readOnly: boolean }): Middleware[];
  };
  export default jsonServer;
}
