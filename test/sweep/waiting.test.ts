import { sweepOf } from '../support/sweep-tests.ts'

sweepOf('with two approvals', 'with a proof of control')
