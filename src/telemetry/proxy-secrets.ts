type Env = Readonly<Record<string, string | undefined>>

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * What must not be told of the proxies that HTTPS_PROXY and ALL_PROXY name: their passwords as written and decoded, and
 * the header that is made of them.
 */
export const proxySecrets = (env: Env): string[] =>
  ['https_proxy', 'all_proxy'].flatMap((name) =>
    [env[name], env[name.toUpperCase()]].flatMap((named = '') => {
      const text = named.includes('://') ? named : `http://${named}`
      if (!URL.canParse(text)) return []
      const { username, password } = new URL(text)
      const plain = decoded(password)
      return password === '' ? [] : [password, plain, Buffer.from(`${decoded(username)}:${plain}`).toString('base64')]
    }),
  )
