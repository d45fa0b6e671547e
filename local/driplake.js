#!/usr/bin/env node
// Starts the command under a Node that runs TypeScript: this one, or the one the project installs.

import { spawn } from 'node:child_process';
import * as modules from 'node:module';
import { fileURLToPath } from 'node:url';

const cli = new URL('./command/cli.ts', import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= 24) {
  modules.enableCompileCache?.(); // The next command starts in half the time.
  await import(cli.href);
} else {
  const { platform, arch } = process;
  const binary =
    platform === 'win32' ? `node-win-${arch}/bin/node.exe` : `node-${platform}-${arch}/bin/node`;
  const node = fileURLToPath(new URL(`../node_modules/${binary}`, import.meta.url));
  const child = spawn(node, [fileURLToPath(cli), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
  child.on('error', () => {
    console.error(
      `driplake needs Node 24. This is ${process.version}. Run \`npm ci\`: it installs Node 24 beside ` +
        'the project on Linux and on Windows (x64). Elsewhere, on a Mac too, install it yourself.',
    );
    process.exitCode = 2;
  });
}
