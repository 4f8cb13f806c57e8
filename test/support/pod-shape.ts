/* A pod, as far as running one on this machine has to know it. The field names are those of the Kubernetes API. */

export type Metadata = {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

type FieldRef = { readonly fieldPath: string }

export type SecurityContext = {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly readOnlyRootFilesystem?: boolean
}

export type Probe = { readonly httpGet?: { readonly path?: string; readonly port: string | number } }

export type PodContainer = {
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly fieldRef?: FieldRef }
  }[]
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath: string
    readonly readOnly?: boolean
    readonly subPath?: string
  }[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly securityContext?: SecurityContext
}

type KeyToPath = { readonly key: string; readonly path: string }

export type ConfigMapSource = {
  readonly name?: string
  readonly optional?: boolean
  readonly items?: readonly KeyToPath[]
}

export type SecretSource = Omit<ConfigMapSource, 'name'> & { readonly secretName?: string }

export type TokenSource = { readonly path: string; readonly audience?: string; readonly expirationSeconds?: number }

export type Projection = {
  readonly serviceAccountToken?: TokenSource
  readonly configMap?: ConfigMapSource
  readonly secret?: ConfigMapSource
  readonly downwardAPI?: { readonly items?: readonly { readonly path: string; readonly fieldRef?: FieldRef }[] }
}

export type Volume = {
  readonly name: string
  readonly emptyDir?: object
  readonly projected?: { readonly sources?: readonly Projection[] }
  readonly configMap?: ConfigMapSource
  readonly secret?: SecretSource
}

export type PodSpec = {
  readonly serviceAccountName?: string
  readonly securityContext?: SecurityContext
  readonly containers: readonly PodContainer[]
  readonly volumes?: readonly Volume[]
}

export type Pod = { readonly metadata: Metadata; readonly spec: PodSpec }

export type Deployment = {
  readonly metadata: Metadata
  readonly spec: { readonly replicas?: number; readonly template: Pod }
}
