export const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
}

/** Everything that needs no API server. */
export default {
  ...shared,
  // Else a machine of two cores gets one worker.
  maxWorkers: 2,
  // The first test of a file may wait for its modules, next to a busy neighbour.
  testTimeout: 20_000,
  testMatch: ['<rootDir>/test/*.test.ts', '<rootDir>/test/{unit,model,law}/**/*.test.ts'],
}
