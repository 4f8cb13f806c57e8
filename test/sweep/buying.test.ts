import { sweepOf } from '../support/sweep-tests.ts'

sweepOf('issued at once', 'with approval', 'with two approvals', 'with a proof of control')
