{{- define "medsettle.name" -}}
{{- if contains "medsettle" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-medsettle" (.Release.Name | trunc 30 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "medsettle.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* What every pod of this release has in common, for ever: selectors may not change. */}}
{{- define "medsettle.selector" -}}
app.kubernetes.io/name: medsettle
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "medsettle.labels" -}}
{{ include "medsettle.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
