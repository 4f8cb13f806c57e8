import type { Issued } from './issue.ts'

const PANELS: readonly (readonly [title: string, of: (cost: Issued) => number, digits: number])[] = [
  ['certificates per second', ({ perSecond }) => perSecond, 0],
  ['CPU of the operator, ms per certificate', ({ operatorCpuMs }) => operatorCpuMs, 1],
  ['CPU of the API server, ms per certificate', ({ apiServerCpuMs }) => apiServerCpuMs, 1],
  ['API writes per certificate', ({ writes }) => writes, 2],
  ['CertCentral calls per certificate', ({ calls }) => calls, 2],
  ['most memory, MiB in all', ({ peakMiB }) => peakMiB, 0],
]

const [WIDTH, HEIGHT, COLUMNS] = [260, 170, 3]
const [LEFT, BASE, TALLEST, STEP, BAR] = [20, 140, 90, 75, 50]

/** One panel: a bar for each number of orders, from zero. */
function panel(index: number, sizes: readonly number[], costs: readonly Issued[]): string {
  const [title, of, digits] = PANELS[index]!
  const [x, y] = [(index % COLUMNS) * WIDTH, Math.floor(index / COLUMNS) * HEIGHT]
  const values = costs.map(of)
  const most = Math.max(...values)
  const bars = values.map((value, at) => {
    const height = Math.max(1, (value / most) * TALLEST)
    const [left, middle] = [LEFT + at * STEP, LEFT + at * STEP + BAR / 2]
    return [
      `<rect x="${left}" y="${(BASE - height).toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}" fill="#1f6feb"/>`,
      `<text x="${middle}" y="${(BASE - height - 4).toFixed(1)}" text-anchor="middle">${value.toFixed(digits)}</text>`,
      `<text x="${middle}" y="${BASE + 14}" text-anchor="middle">${sizes[at]!.toLocaleString('en')}</text>`,
    ].join('')
  })
  const heading = `<text x="${LEFT}" y="20" font-weight="bold">${title}</text>`
  return `<g transform="translate(${x},${y})">${heading}${bars.join('')}</g>`
}

/** What a certificate costs at growing numbers of orders, as an SVG that reads on light and dark pages. */
export function drawGrowth(sizes: readonly number[], costs: readonly Issued[]): string {
  const [width, height] = [WIDTH * COLUMNS, HEIGHT * Math.ceil(PANELS.length / COLUMNS)]
  const panels = PANELS.map((_, index) => panel(index, sizes, costs))
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`
  const title = `What a certificate costs at ${sizes.join(', ')} orders`
  const style = `font-family="sans-serif" font-size="11" fill="#24292f" role="img" aria-label="${title}">`
  return `${open} ${style}\n<rect width="100%" height="100%" fill="#ffffff"/>\n${panels.join('\n')}\n</svg>\n`
}
