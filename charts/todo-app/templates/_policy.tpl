{{- define "todo.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "todo.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "todo.selector" . | nindent 6 }}
{{- end }}

{{- define "todo.policy.peer" -}}
- podSelector:
    matchLabels:
      {{- include "todo.selector" . | nindent 6 }}
{{- end }}

{{- /* To any address: where DNS is a process of the node, as in NodeLocal DNSCache, no pod
       selector reaches it. */ -}}
{{- define "todo.policy.dns" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}

{{- define "todo.policy.database" -}}
{{- with .Values.externalDatabase -}}
{{- if not .existingSecret -}}
- to:
    {{- include "todo.policy.peer" (dict "root" $ "component" "database") | nindent 4 }}
  ports: [{port: 5432, protocol: TCP}]
{{- else -}}
- ports: [{port: {{ .port }}, protocol: TCP}]
  {{- with .networks }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
