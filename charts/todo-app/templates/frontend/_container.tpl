{{- /* All ask the web server alone: the page itself shows when the backend is away, and taking
       it down too would leave the reader with nothing. Readiness asks for the page: who cannot
       serve it must get no requests. One answer that is late on a busy node is no reason: where
       there is one pod, nobody would be served. Liveness asks whether the server answers at all, and
       waits for half a minute: a restart would not bring a missing page back. */ -}}
{{- define "todo.frontend.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 30
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
