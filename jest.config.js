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
  testMatch: ['<rootDir>/test/*.test.ts', '<rootDir>/test/{unit,model}/**/*.test.ts'],
}
