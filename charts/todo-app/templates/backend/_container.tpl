{{- /* What the migration and the server share. */ -}}
{{- define "todo.backend.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "todo.configMap" . }}}
env:
  - name: TODO_DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ include "todo.secret" (dict "root" .root "component" "database") }}
        key: url
  # Beside the image that it names: an old pod that is restarted would read a new ConfigMap.
  - {name: TODO_REVISION, value: {{ .root.Values.backend.image.tag | quote }}}
  # Below what the pod has left to end.
  - {name: TODO_GRACE, value: "8"}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "todo.backend.migrate" -}}
- name: migrate
  image: {{ include "todo.image" . }}
  args: [migrate, --wait, {{ .root.Values.backend.migrationWait | quote }}]
  {{- include "todo.container" . | nindent 2 }}
  {{- include "todo.backend.environment" . | nindent 2 }}
  # A small share: new pods start beside it, and where the schema is as it was they wait for nothing.
  {{- $small := dict "requests" (dict "cpu" "10m") }}
  resources:
    {{- mergeOverwrite (deepCopy .root.Values.backend.resources) $small | toYaml | nindent 4 }}
{{- end }}

{{- define "todo.backend.migration" -}}
{{ include "todo.pod" . }}
# In place, so that the log of a failure stays.
restartPolicy: OnFailure
terminationGracePeriodSeconds: 5
containers:
  {{- include "todo.backend.migrate" . | nindent 2 }}
volumes:
  - {name: tmp, emptyDir: {sizeLimit: 64Mi}}
{{- end }}

{{- /* Liveness asks the process alone: a restart does not cure a database that is away.
       Readiness asks the database and its schema too: without them, requests belong to another
       replica, and a pod that came before its migration waits. Three failures, for a busy database
       is not away, and one that is is told of by each answer. */ -}}
{{- define "todo.backend.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end }}
