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
