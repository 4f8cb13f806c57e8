import { join } from 'node:path'

/** What the arguments of the three servers depend on. */
export type Layout = {
  readonly directory: string
  readonly etcdPort: number
  readonly apiPort: number
  /** Whether etcd waits for the disk, as it does where something has to outlive a power cut. */
  readonly durable?: boolean | undefined
}

/** Files of a control plane that several of its programs read. */
export const filesOf = (directory: string) => ({
  serviceAccountKey: join(directory, 'service-account.key'),
  tokens: join(directory, 'tokens.csv'),
  /* kube-apiserver makes both itself: the server's certificate, and with it the CA that signed it. */
  certificate: join(directory, 'apiserver.crt'),
  kubeconfig: join(directory, 'kubeconfig'),
  state: join(directory, 'control-plane.json'),
  data: join(directory, 'etcd'),
})

export const etcdArgs = ({ directory, etcdPort, durable }: Layout): string[] => [
  `--data-dir=${filesOf(directory).data}`,
  `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
  `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
  '--listen-peer-urls=http://127.0.0.1:0',
  ...(durable === true ? [] : ['--unsafe-no-fsync']),
  '--log-level=warn',
]

/*
 * The default admission plugins hold those for namespaces, quotas and service accounts. The one that is added is on in
 * OpenShift: with it an owner reference that blocks deletion needs a right of its own, which must not be found out there.
 */
export const apiServerArgs = ({ directory, etcdPort, apiPort, durable }: Layout): string[] => [
  `--etcd-servers=http://127.0.0.1:${etcdPort}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--secure-port=${apiPort}`,
  `--cert-dir=${directory}`,
  '--endpoint-reconciler-type=none',
  '--service-cluster-ip-range=10.96.0.0/24',
  '--authorization-mode=RBAC',
  '--anonymous-auth=false',
  `--token-auth-file=${filesOf(directory).tokens}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${filesOf(directory).serviceAccountKey}`,
  `--service-account-signing-key-file=${filesOf(directory).serviceAccountKey}`,
  '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
  // A bench may ask the server where its time goes.
  `--profiling=${String(durable === true)}`,
]

/* Without nodes there is nothing for the other controllers to do. */
const CONTROLLERS = [
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'resourcequota-controller',
]

export const controllerManagerArgs = ({ directory }: Layout): string[] => [
  `--kubeconfig=${filesOf(directory).kubeconfig}`,
  `--controllers=${CONTROLLERS.join(',')}`,
  `--service-account-private-key-file=${filesOf(directory).serviceAccountKey}`,
  '--secure-port=0',
  '--leader-elect=false',
  '--kube-api-qps=200',
  '--kube-api-burst=400',
]
