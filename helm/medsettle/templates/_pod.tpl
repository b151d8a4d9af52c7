{{/* Restricted pod security, and what else is the same for every pod. */}}
{{- define "medsettle.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "medsettle.containerSecurity" -}}
image: {{ include "medsettle.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities: {drop: [ALL]}
{{- end }}

{{/* What a container sees. Takes root and whether it speaks to Kafka. */}}
{{- define "medsettle.mounts" -}}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .root.Values.postgres.tlsSecret }}
  - {name: postgres-tls, mountPath: /etc/medsettle/postgres, readOnly: true}
  {{- end }}
  {{- if and .kafka .root.Values.kafka.tlsSecret }}
  - {name: kafka-tls, mountPath: /etc/medsettle/kafka, readOnly: true}
  {{- end }}
{{- end }}

{{/* The same as volumes. Takes temporarySpace too. */}}
{{- define "medsettle.volumes" -}}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: {{ .temporarySpace }}}
  {{- with .root.Values.postgres.tlsSecret }}
  - name: postgres-tls
    secret: {secretName: {{ . | quote }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
  {{- end }}
  {{- if and .kafka .root.Values.kafka.tlsSecret }}
  - name: kafka-tls
    secret:
      secretName: {{ .root.Values.kafka.tlsSecret | quote }}
      defaultMode: 0440
      items:
        - {key: ca.crt, path: ca.crt}
        {{- if .root.Values.kafka.clientCertificate }}
        - {key: tls.crt, path: tls.crt}
        - {key: tls.key, path: tls.key}
        {{- end }}
  {{- end }}
{{- end }}

{{/* One process of the service that runs for ever. Takes root, component, values, port, and optional kafka, keys. */}}
{{- define "medsettle.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "medsettle.name" $root }}-{{ .component }}
  labels:
    {{- include "medsettle.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if not .scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "medsettle.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  template:
    metadata:
      labels:
        {{- include "medsettle.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
      annotations:
        checksum/config: {{ include "medsettle.config" $root | sha256sum }}
    spec:
      {{- include "medsettle.podSecurity" $root | nindent 6 }}
      serviceAccountName: {{ include "medsettle.name" $root }}
      # Longer than the wait before the signal and the longest drain together.
      terminationGracePeriodSeconds: {{ add $root.Values.drainSecondsMax 15 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "medsettle.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ .component }}
      containers:
        - name: {{ .component }}
          args: [{{ .component }}]
          {{- include "medsettle.containerSecurity" $root | nindent 10 }}
          {{- include "medsettle.mounts" . | nindent 10 }}
          envFrom:
            - configMapRef: {name: {{ include "medsettle.name" $root }}}
          env:
            - name: MEDSETTLE_DATABASE_URL
              valueFrom:
                secretKeyRef: {name: {{ $root.Values.existingSecret | quote }}, key: MEDSETTLE_DATABASE_URL}
            {{- if and .kafka (eq $root.Values.kafka.securityProtocol "SASL_SSL") }}
            {{- range list "MEDSETTLE_KAFKA_USERNAME" "MEDSETTLE_KAFKA_PASSWORD" }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef: {name: {{ $root.Values.existingSecret | quote }}, key: {{ . }}}
            {{- end }}
            {{- end }}
            {{- $traced := ternary (list "OTEL_EXPORTER_OTLP_HEADERS") list (ne $root.Values.otel.endpoint "") }}
            {{- range concat .optionalKeys $traced }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef: {name: {{ $root.Values.existingSecret | quote }}, key: {{ . }}, optional: true}
            {{- end }}
          ports:
            - {name: {{ .portName }}, containerPort: {{ .port }}}
            {{- range .morePorts }}
            - {name: {{ .name }}, containerPort: {{ .containerPort }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /health/startup, port: {{ .portName }}}
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 45
          livenessProbe:
            httpGet: {path: /health/live, port: {{ .portName }}}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /health/ready, port: {{ .portName }}}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          lifecycle:
            # Until the endpoints know that this pod goes, new requests still come.
            preStop: {exec: {command: [sleep, "5"]}}
          resources: {{- toYaml $values.resources | nindent 12 }}
      {{- include "medsettle.volumes" (merge (dict "temporarySpace" $values.temporarySpace) .) | nindent 6 }}
{{- end }}
