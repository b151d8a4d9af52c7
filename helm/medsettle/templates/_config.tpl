{{- define "medsettle.config" -}}
MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS: {{ .Values.kafka.bootstrapServers | quote }}
MEDSETTLE_KAFKA_SECURITY_PROTOCOL: {{ .Values.kafka.securityProtocol | quote }}
{{- if eq .Values.kafka.securityProtocol "SASL_SSL" }}
MEDSETTLE_KAFKA_SASL_MECHANISM: {{ .Values.kafka.saslMechanism | quote }}
{{- end }}
{{- if .Values.kafka.tlsSecret }}
MEDSETTLE_KAFKA_CA_FILE: /etc/medsettle/kafka/ca.crt
{{- end }}
{{- if .Values.kafka.clientCertificate }}
MEDSETTLE_KAFKA_CERTIFICATE_FILE: /etc/medsettle/kafka/tls.crt
MEDSETTLE_KAFKA_KEY_FILE: /etc/medsettle/kafka/tls.key
{{- end }}
MEDSETTLE_TOPIC_TRANSACTIONS: {{ .Values.kafka.topicTransactions | quote }}
MEDSETTLE_CONSUMER_GROUP: {{ .Values.kafka.consumerGroup | quote }}
MEDSETTLE_TOPIC_PARTITIONS: {{ .Values.kafka.partitions | quote }}
MEDSETTLE_DRAIN_SECONDS_MAX: {{ .Values.drainSecondsMax | quote }}
{{- with .Values.otel.endpoint }}
MEDSETTLE_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
