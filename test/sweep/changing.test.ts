import { sweepOf } from '../support/sweep-tests.ts'

sweepOf('adopted', 'given one more name', 'given another kind of key')
