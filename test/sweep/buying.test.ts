import { sweepOf } from '../support/sweep-tests.ts'

sweepOf('issued at once', 'with approval')
