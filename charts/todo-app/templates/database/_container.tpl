{{- define "todo.database.environment" -}}
env:
  - {name: POSTGRES_DB, value: {{ .root.Values.database.name | quote }}}
  - {name: POSTGRES_USER, value: {{ .root.Values.database.username | quote }}}
  - {name: POSTGRES_PASSWORD_FILE, value: /run/secrets/database/password}
  # Below the mount, whose root may hold lost+found and belong to somebody else. Not `data`:
  # PostgreSQL's upstream image declares a volume there, which is lost with the container.
  - {name: PGDATA, value: /var/lib/postgresql/pgdata}
resources:
  {{- toYaml .root.Values.database.resources | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /var/lib/postgresql}
  - {name: password, mountPath: /run/secrets/database, readOnly: true}
  - {name: run, mountPath: /var/run/postgresql}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- /* All over TCP: while a new database is being made, the server listens on its socket only.
       Start-up is patient, for recovery after a crash reads the log. Readiness wants connections
       to be taken (0); to liveness a server that refuses them (1), in a recovery or a shutdown,
       lives: a restart would only add another recovery. */ -}}
{{- define "todo.database.probes" -}}
{{- $ask := printf "pg_isready --quiet --host=127.0.0.1 --username=%s --dbname=%s" .root.Values.database.username .root.Values.database.name -}}
startupProbe:
  exec: {command: [{{ $ask | splitList " " | join ", " }}]}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 300
readinessProbe:
  exec: {command: [{{ $ask | splitList " " | join ", " }}]}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  exec: {command: [sh, -c, {{ printf "%s || [ $? = 1 ]" $ask | quote }}]}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}
