import { sweepOf } from '../support/sweep-tests.ts'

sweepOf('reissued with another key', 'renewed', 'deleted and made again', 'deleted and revoked')
