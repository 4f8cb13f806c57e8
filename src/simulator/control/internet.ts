import { z } from 'zod'
import { noContent, ok } from '../http/answer.ts'
import type { ControlRoute } from './route.ts'

const record = z.object({ name: z.string().min(1), type: z.string().min(1) })
const recordWithValues = record.extend({ values: z.array(z.string()) })
const file = z.object({ url: z.url() })
const fileWithContent = file.extend({ content: z.string() })

/** DNS records and web files that validation will find. */
export const internetRoutes: ControlRoute[] = [
  { method: 'GET', template: '/dns', handle: ({ world }) => ok({ records: world.zone.dump().records }) },
  {
    method: 'PUT',
    template: '/dns',
    handle: ({ world }, call) => {
      world.zone.setRecord(recordWithValues.parse(call.body))
      return noContent
    },
  },
  {
    method: 'DELETE',
    template: '/dns',
    handle: ({ world }, call) => {
      world.zone.deleteRecord(record.parse(call.body))
      return noContent
    },
  },
  { method: 'GET', template: '/http', handle: ({ world }) => ok({ files: world.zone.dump().files }) },
  {
    method: 'PUT',
    template: '/http',
    handle: ({ world }, call) => {
      const { url, content } = fileWithContent.parse(call.body)
      world.zone.setFile(url, content)
      return noContent
    },
  },
  {
    method: 'DELETE',
    template: '/http',
    handle: ({ world }, call) => {
      world.zone.deleteFile(file.parse(call.body).url)
      return noContent
    },
  },
]
