{{- define "headrace.labels" -}}
app.kubernetes.io/name: headrace
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "headrace.ownLabels" -}}
{{ include "headrace.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "headrace.name" -}}
{{ .root.Release.Name }}-{{ .service }}
{{- end }}

{{- define "headrace.secret" -}}
valueFrom:
  secretKeyRef:
    name: {{ .Values.secret.name }}
    key: {{ .key }}
{{- end }}

{{- /* What every service is told. */ -}}
{{- define "headrace.environment" -}}
{{- range $variable, $key := dict "MONGODB_URL" "mongodbUrl" "AMQP_URL" "amqpUrl" "SECRET" "secret" "SMTP_URL" "smtpUrl" }}
- name: HEADRACE_{{ $variable }}
  {{- include "headrace.secret" (dict "Values" $.Values "key" (get $.Values.secret.keys $key)) | nindent 2 }}
{{- end }}
- name: HEADRACE_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
- name: HEADRACE_PARTITIONS
  value: {{ .Values.partitions | quote }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
