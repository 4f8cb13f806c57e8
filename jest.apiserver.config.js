import { shared } from './jest.config.js'

/** The suite on a real kube-apiserver, etcd and kube-controller-manager, which the global set-up starts once. */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/apiserver/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 60_000,
}
