{{- /* Each takes (dict "root" $ "component" NAME). */ -}}

{{- define "todo.name" -}}
{{ .root.Release.Name }}-{{ .component }}
{{- end }}

{{- /* Selectors are immutable: nothing that a new version changes may stand here. */ -}}
{{- define "todo.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "todo.labels" -}}
{{ include "todo.selector" . }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "todo.image" -}}
{{- with (index .root.Values .component).image -}}
{{ printf "%s:%s" .repository .tag | quote }}
{{- end }}
{{- end }}

{{- define "todo.secret" -}}
{{ .root.Values.database.existingSecret | default (include "todo.name" .) }}
{{- end }}

{{- /* What every pod has in common: no API token, the restricted pod security standard. */ -}}
{{- define "todo.pod" -}}
serviceAccountName: {{ include "todo.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ (index .root.Values .component).user }}
  runAsGroup: {{ (index .root.Values .component).user }}
  fsGroup: {{ (index .root.Values .component).user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "todo.container" -}}
imagePullPolicy: IfNotPresent
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}
