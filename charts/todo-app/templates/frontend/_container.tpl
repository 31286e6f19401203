{{- /* All ask the web server alone: the page itself shows when the backend is away, and taking
       it down too would leave the reader with nothing. They differ in patience: a page that
       cannot be served leaves the Service at once, a restart waits for half a minute of that. */ -}}
{{- define "todo.frontend.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 30
readinessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 1
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
