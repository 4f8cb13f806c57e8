import { shared } from './jest.config.js'

/** Every scenario under every fault at each of its calls, on a real API server. The parts wait more than they work. */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/sweep/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/sweep-setup.ts',
  globalTeardown: '<rootDir>/test/support/sweep-teardown.ts',
  setupFiles: ['<rootDir>/test/support/choose-plane.ts'],
  testTimeout: 7_200_000,
  maxWorkers: 7,
}
