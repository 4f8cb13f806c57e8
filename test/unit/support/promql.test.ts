import { expect, test } from '@jest/globals'
import { namesIn } from '../../support/promql.ts'

test.each<[string, string[]]>([
  ['up', ['up']],
  ['sum by (job) (rate(http_requests_total{code=~"5..", path="a{b"}[5m])) > 0', ['http_requests_total']],
  ['a - on (x, y) group_left (z) b unless on (x) c > time()', ['a', 'b', 'c']],
  ['histogram_quantile(0.99, sum by (le) (rate(d_bucket[$__rate_interval])))', ['d_bucket']],
  ['absent(e)', ['e']],
  ['clamp_max(f / 6, 14 * 86400) or NaN', ['f']],
])('the metrics of %s are found', (expression, names) => {
  expect(namesIn(expression)).toEqual(names)
})
