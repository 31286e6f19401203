{{- /* What the migration and the server share. */ -}}
{{- define "todo.backend.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "todo.name" . }}}
env:
  - name: TODO_DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ include "todo.secret" (dict "root" .root "component" "database") }}
        key: url
resources:
  {{- toYaml .root.Values.backend.resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- /* Liveness asks the process alone: a restart does not cure a database that is away.
       Readiness asks the database too: without it, requests belong to another replica. */ -}}
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
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end }}
