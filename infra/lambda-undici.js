// Stands in for `undici` inside the bundles (see functions.ts): the part of it that
// shared/ports/http-undici.ts uses. The whole package brings fetch, WebSocket, caches and mocks,
// another 270 KB. The paths are relative because the bundler would replace `undici/lib` too.

import api from '../node_modules/undici/lib/api/index.js';
import Dispatcher from '../node_modules/undici/lib/dispatcher/dispatcher.js';

// As undici's own entry does: `request` is a method of every dispatcher.
Object.assign(Dispatcher.prototype, api);

export { default as errors } from '../node_modules/undici/lib/core/errors.js';
export { default as Agent } from '../node_modules/undici/lib/dispatcher/agent.js';
