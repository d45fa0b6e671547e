export const faults = ['(file): expected an object, got a list'];

export default [{ name: 'things', path: 'things' }];
