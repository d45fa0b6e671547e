// Names of the environment variables that speak of one source: `DRIPLAKE_<SOURCE>_<FIELD>`.

/** `DRIPLAKE_LIGHTSPEED_R_ACCOUNT_ID` for `accountId` of `lightspeed-r`. */
export const variable = (source: string, field: string): string =>
  `${variablePrefix(source)}${screaming(field)}`;

/** What all variables of a source start with. */
export const variablePrefix = (source: string): string =>
  `DRIPLAKE_${source.replaceAll('-', '_').toUpperCase()}_`;

/** `accountId` -> `ACCOUNT_ID`, `accountID` -> `ACCOUNT_ID`. */
const screaming = (field: string): string =>
  field
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
