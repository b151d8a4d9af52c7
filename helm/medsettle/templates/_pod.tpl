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
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* One process of the service that runs for ever. Takes root, component, values, port and optional replicas, keys. */}}
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
          envFrom:
            - configMapRef: {name: {{ include "medsettle.name" $root }}}
          env:
            - name: MEDSETTLE_DATABASE_URL
              valueFrom:
                secretKeyRef: {name: {{ $root.Values.existingSecret | quote }}, key: MEDSETTLE_DATABASE_URL}
            {{- range .optionalKeys }}
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
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: {{ $values.temporarySpace }}}
{{- end }}
