import { shared } from './jest.config.js'

const isShared = process.env.DIGICERT_OPERATOR_TESTBED === 'keep' || process.env.TEST_USE_KUBECONFIG === '1'

/**
 * The suite on a real kube-apiserver, etcd and kube-controller-manager. It waits more than it works: two files run at a
 * time, each worker with servers of its own that the global set-up starts once.
 */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/apiserver/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFiles: ['<rootDir>/test/support/choose-plane.ts'],
  maxWorkers: isShared ? 1 : 2,
  testTimeout: 60_000,
}
