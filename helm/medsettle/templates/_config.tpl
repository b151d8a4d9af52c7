{{- define "medsettle.config" -}}
MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS: {{ .Values.kafka.bootstrapServers | quote }}
MEDSETTLE_TOPIC_TRANSACTIONS: {{ .Values.kafka.topicTransactions | quote }}
MEDSETTLE_CONSUMER_GROUP: {{ .Values.kafka.consumerGroup | quote }}
MEDSETTLE_TOPIC_PARTITIONS: {{ .Values.kafka.partitions | quote }}
MEDSETTLE_DRAIN_SECONDS_MAX: {{ .Values.drainSecondsMax | quote }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
