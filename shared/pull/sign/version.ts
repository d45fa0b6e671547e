// Who we are, in requests and manifests.

/** The version of package.json; a test keeps them equal. */
export const VERSION = '0.1.0';

export const USER_AGENT = `driplake/${VERSION}`;
