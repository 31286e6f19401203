{{- /* What the scripts ask with. A policy lets a new pod through a moment after it has begun:
       until then its connections are refused. */ -}}
{{- define "todo.test.ask" -}}
import json, sys, time, urllib.error, urllib.request
backend, page = sys.argv[1:]
patience = time.monotonic() + 15
def ask(address, method="GET", body=None):
    data, head = body and json.dumps(body).encode(), {"Content-Type": "application/json"}
    asked = urllib.request.Request(address, data, head, method=method)
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                print(answer.status, method, address)
                return answer.read()
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > patience:
                raise
        time.sleep(0.5)
{{- end }}

{{- /* A pod of `helm test`: takes root, the test's name and a Python script, which has `ask`, and
       the addresses of the `backend` and of the `page`. Its labels are its own, or the backend's
       Service would send it requests. */ -}}
{{- define "todo.test" -}}
{{- $as := dict "root" .root "component" "backend" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "todo.labels" (dict "root" .root "component" "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    # One that failed stays, for its log.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  {{- include "todo.pod" $as | nindent 2 }}
  restartPolicy: Never
  activeDeadlineSeconds: 60
  terminationGracePeriodSeconds: 1
  containers:
    - name: test
      image: {{ include "todo.image" $as }}
      command:
        - python3
        - -c
        - |
          {{- include "todo.test.ask" . | nindent 10 }}
          {{- .script | nindent 10 }}
        - http://{{ include "todo.name" $as }}:8000
        - http://{{ include "todo.name" (dict "root" .root "component" "frontend") }}:{{ .root.Values.frontend.service.port }}
      {{- include "todo.container" $as | nindent 6 }}
      resources:
        {{- toYaml .root.Values.backend.resources | nindent 8 }}
{{- end }}
