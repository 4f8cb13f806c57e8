{{- define "digicert-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Not longer than a label value may be, with room for what the names of roles end in. */}}
{{- define "digicert-operator.fullname" -}}
{{- $name := include "digicert-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "digicert-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "digicert-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "digicert-operator.labels" -}}
{{ include "digicert-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/*
Labels and annotations of an object: those of the chart, those of its own, those of all objects; the earlier ones win.
Takes a dict of root, and perhaps labels and annotations.
*/}}
{{- define "digicert-operator.meta" -}}
{{- $own := fromYaml (include "digicert-operator.labels" .root) -}}
labels:
  {{- merge (dict) $own (default dict .labels) .root.Values.commonLabels | toYaml | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* For a cluster-wide object: releases of one name may live in several namespaces. */}}
{{- define "digicert-operator.clusterWideName" -}}
{{- printf "%s.%s" (include "digicert-operator.fullname" .) .Release.Namespace -}}
{{- end -}}

{{- define "digicert-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "digicert-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "digicert-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "digicert-operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "digicert-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* What the operator does in a namespace whose orders it works on. */}}
{{- define "digicert-operator.workRules" -}}
- apiGroups: [digicert-operator.io]
  resources: [digicertorders, digicertaccounts]
  verbs: [get, list, watch]
# The finalizer of orders whose deletionPolicy has something to do; the operator writes no spec.
- apiGroups: [digicert-operator.io]
  resources: [digicertorders]
  verbs: [patch]
- apiGroups: [digicert-operator.io]
  resources: [digicertorders/status, digicertaccounts/status]
  verbs: [update]
# Any Secret, by name: API keys, the Secrets that orders name, and private keys while they wait for a certificate.
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, create, update, patch, delete{{ if .Values.secretWatch }}, list, watch{{ end }}]
- apiGroups: ['']
  resources: [events]
  verbs: [get, create, patch]
{{- end -}}

{{/* The port of a URL, named or implied by its scheme. */}}
{{- define "digicert-operator.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}

{{/* A rule of a NetworkPolicy for what goes out, from ports and addresses. No address is any. */}}
{{- define "digicert-operator.wayOut" -}}
- ports:
    {{- range .ports }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with .cidrs }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "digicert-operator.env" -}}
{{- range $name, $value := dict "HTTP_PROXY" .Values.proxy.httpProxy "HTTPS_PROXY" .Values.proxy.httpsProxy "NO_PROXY" .Values.proxy.noProxy "OTEL_EXPORTER_OTLP_ENDPOINT" .Values.tracing.endpoint }}
{{- with $value }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.tracing.headersSecret }}
{{- if .name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- if or .Values.customCA.configMapName .Values.customCA.secretName }}
- name: NODE_EXTRA_CA_CERTS
  value: {{ printf "/etc/digicert-operator/ca/%s" .Values.customCA.key | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where the pods run. Two replicas on one node would fall together with it. */}}
{{- define "digicert-operator.affinity" -}}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (fromYaml (include "digicert-operator.selectorLabels" .))) -}}
{{- if .Values.affinity }}
{{- toYaml .Values.affinity }}
{{- else if eq .Values.podAntiAffinity "required" }}
{{- dict "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term)) | toYaml }}
{{- else if eq .Values.podAntiAffinity "preferred" }}
{{- $weighted := dict "weight" 100 "podAffinityTerm" $term }}
{{- dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list $weighted)) | toYaml }}
{{- end }}
{{- end -}}

{{- define "digicert-operator.scheduling" -}}
{{- $values := .Values -}}
{{- $selector := dict "matchLabels" (fromYaml (include "digicert-operator.selectorLabels" .)) -}}
{{- $spread := list -}}
{{- range $values.topologySpreadConstraints }}
{{- $spread = append $spread (hasKey . "labelSelector" | ternary . (merge (dict "labelSelector" $selector) .)) }}
{{- end }}
{{- $all := dict "topologySpreadConstraints" $spread "affinity" (fromYaml (include "digicert-operator.affinity" .)) }}
{{- range list "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "hostAliases" "dnsPolicy" "dnsConfig" }}
{{- $_ := set $all . (get $values .) }}
{{- end }}
{{- range $name, $value := $all }}
{{- with $value }}
{{ dict $name . | toYaml }}
{{- end }}
{{- end }}
{{- end -}}

{{/* How a monitor scrapes: what is not empty of its values. The namespace of a metric is that of its order. */}}
{{- define "digicert-operator.scrape" -}}
path: /metrics
honorLabels: true
{{- range $name := list "interval" "scrapeTimeout" "relabelings" "metricRelabelings" }}
{{- with get $ $name }}
{{ dict $name . | toYaml }}
{{- end }}
{{- end }}
{{- end -}}
