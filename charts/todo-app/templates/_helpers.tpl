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

{{- define "todo.metadata" -}}
name: {{ include "todo.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "todo.labels" . | nindent 2 }}
{{- end }}

{{- define "todo.image" -}}
{{- with (index .root.Values .component).image -}}
{{ printf "%s:%s" .repository .tag | quote }}
{{- end }}
{{- end }}

{{- /* The Secret that leads to the database, whoever made it. */ -}}
{{- define "todo.secret" -}}
{{- with .root.Values -}}
{{ .externalDatabase.existingSecret | default .database.existingSecret | default (include "todo.name" $) }}
{{- end }}
{{- end }}

{{- define "todo.configMap" -}}
{{ (index .root.Values .component).existingConfigMap | default (include "todo.name" .) }}
{{- end }}

{{- /* Changed settings roll their pods. A ConfigMap that exists is not seen: who edits it restarts. */ -}}
{{- define "todo.checksum" -}}
{{- if not (index .root.Values .component).existingConfigMap -}}
{{- $settings := include (printf "%s/%s/configmap.yaml" .root.Template.BasePath .component) .root | fromYaml -}}
annotations:
  checksum/settings: {{ $settings.data | toJson | sha256sum }}
{{- end }}
{{- end }}

{{- /* What every pod has in common: no API token, the restricted pod security standard. */ -}}
{{- define "todo.pod" -}}
serviceAccountName: {{ include "todo.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
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

{{- /* A pod that leaves goes on serving for a while. Until they have heard of it, proxies send it
       new connections; when it is the only one, they send all to it until its successor is ready.
       Then it has `left` seconds to finish what is under way. */ -}}
{{- define "todo.leave" -}}
terminationGracePeriodSeconds: {{ add .root.Values.drainSeconds .left }}
{{- end }}

{{- define "todo.drain" -}}
{{- with .root.Values.drainSeconds -}}
lifecycle:
  preStop: {sleep: {seconds: {{ . }}}}
{{- end }}
{{- end }}

{{- /* Pods of one template apart, if there is room: a node that is lost takes as few as may be. */ -}}
{{- define "todo.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "todo.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
