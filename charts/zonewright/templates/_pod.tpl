{{/* The Pod, for every kind of workload. */}}

{{- define "zonewright.pod" -}}
{{- $webhook := and (eq "webhook" (include "zonewright.provider" .)) (kindIs "map" .Values.provider) .Values.provider.webhook.image.repository -}}
metadata:
  labels:
    {{- include "zonewright.selectorLabels" . | nindent 4 }}
    {{- if .Follows }}
    zonewright.dev/candidate: "false"
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $sums := dict -}}
  {{- /* Zone files are read again by themselves; settings are not. */ -}}
  {{- with include "zonewright.settings" . }}{{ $_ := set $sums "checksum/settings" (sha256sum .) }}{{ end -}}
  {{- if .Values.secretConfiguration.enabled }}{{ $_ := set $sums "checksum/secret" (tpl (toYaml .Values.secretConfiguration.data) . | sha256sum) }}{{ end -}}
  {{- with merge $sums .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: {{ .Values.automountServiceAccountToken }}
  {{- with default .Values.global.imagePullSecrets .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  serviceAccountName: {{ include "zonewright.podAccountName" . }}
  # Variables for every Service of the namespace would be read as settings, if one were named as a flag.
  enableServiceLinks: false
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- if .Values.shareProcessNamespace }}
  shareProcessNamespace: true
  {{- end }}
  securityContext:
    {{- include "zonewright.podSecurityContext" . | nindent 4 }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ default (add .Values.shutdownDelaySeconds 15) .Values.terminationGracePeriodSeconds | int }}
  {{- with include "zonewright.dnsPolicy" . }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: zonewright
      image: {{ include "zonewright.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        {{- include "zonewright.securityContext" . | nindent 8 }}
      args:
        {{- include "zonewright.arguments" . | nindent 8 }}
      {{- if or .Values.env .Values.dns.cookieSecret.secretName (include "zonewright.elects" .) }}
      env:
        {{- if include "zonewright.elects" . }}
        - name: ZONEWRIGHT_REPLICA_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: ZONEWRIGHT_REPLICA_ADDRESS
          valueFrom:
            fieldRef:
              fieldPath: status.podIP
        - name: ZONEWRIGHT_LEADER_ELECT_RESOURCE_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        {{- end }}
        {{- with .Values.dns.cookieSecret }}
        {{- if .secretName }}
        - name: ZONEWRIGHT_COOKIE_SECRET
          valueFrom:
            secretKeyRef:
              name: {{ .secretName }}
              key: {{ .key }}
        {{- end }}
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        {{- if include "zonewright.answersDns" . }}
        - name: dns
          containerPort: {{ include "zonewright.dnsPort" . }}
          protocol: UDP
        - name: dns-tcp
          containerPort: {{ include "zonewright.dnsPort" . }}
          protocol: TCP
        {{- end }}
        {{- if include "zonewright.answersTls" . }}
        - name: dns-tls
          containerPort: {{ include "zonewright.tlsPort" . }}
          protocol: TCP
        {{- end }}
        - name: http
          containerPort: 7979
          protocol: TCP
      {{- with .Values.livenessProbe }}
      livenessProbe:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.readinessProbe }}
      readinessProbe:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        {{- include "zonewright.mounts" . | nindent 8 }}
    {{- if $webhook }}
    {{- include "zonewright.webhook" .Values.provider.webhook | nindent 4 }}
    {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "zonewright.volumes" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity:
    {{- include "zonewright.affinity" . | nindent 4 }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- include "zonewright.topologySpreadConstraints" . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The webhook provider beside us. */}}
{{- define "zonewright.webhook" -}}
- name: webhook
  image: {{ .image.repository }}:{{ .image.tag }}
  imagePullPolicy: {{ .image.pullPolicy }}
  {{- with .securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http-webhook
      containerPort: 8080
      protocol: TCP
  {{- with .livenessProbe }}
  livenessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .readinessProbe }}
  readinessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .extraVolumeMounts }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "zonewright.mounts" -}}
# The socket that `zonewright explain` and the like ask at.
- name: run
  mountPath: /run/zonewright
{{- if ne .Values.data.type "none" }}
- name: data
  mountPath: {{ .Values.data.mountPath }}
{{- end }}
{{- if include "zonewright.settings" . }}
- name: settings
  mountPath: /etc/zonewright/settings.yaml
  subPath: settings.yaml
  readOnly: true
{{- end }}
{{- if .Values.dns.zoneFiles }}
- name: zones
  mountPath: /etc/zonewright/zones
  readOnly: true
{{- end }}
{{- if .Values.dns.zoneFilesConfigMap }}
- name: more-zones
  mountPath: /etc/zonewright/more-zones
  readOnly: true
{{- end }}
{{- /* Modes are written as numbers: 288 is 0440, which only some readers of YAML take for octal. */ -}}
{{- range .Values.dns.tsigKeys | default list | include "zonewright.secretNames" | fromYamlArray }}
- name: key-{{ . }}
  mountPath: /etc/zonewright/keys/{{ . }}
  readOnly: true
{{- end }}
{{- if include "zonewright.answersTls" . }}
- name: listen-tls
  mountPath: /etc/zonewright/listen-tls
  readOnly: true
{{- if .Values.dns.tls.clientCA.secretName }}
- name: client-ca
  mountPath: /etc/zonewright/client-ca
  readOnly: true
{{- end }}
{{- end }}
{{- if include "zonewright.elects" . }}
- name: replicas
  mountPath: /etc/zonewright/replicas
  readOnly: true
{{- end }}
{{- with include "zonewright.rfc2136Secrets" . | fromYaml }}
{{- if .tsig }}
- name: rfc2136
  mountPath: /etc/zonewright/rfc2136
  readOnly: true
{{- end }}
{{- if .tls }}
- name: tls
  mountPath: /etc/zonewright/tls
  readOnly: true
{{- end }}
{{- end }}
{{- with .Values.secretConfiguration }}
{{- if .enabled }}
- name: secrets
  mountPath: {{ tpl .mountPath $ }}
  {{- with .subPath }}
  subPath: {{ tpl . $ }}
  {{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "zonewright.volumes" -}}
- name: run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- if eq .Values.data.type "emptyDir" }}
- name: data
  emptyDir: {}
{{- else if eq .Values.data.type "hostPath" }}
- name: data
  hostPath:
    path: {{ .Values.data.hostPath.path }}
    type: {{ .Values.data.hostPath.type | quote }}
{{- else if and (eq .Values.data.type "persistentVolumeClaim") (not (include "zonewright.claimTemplate" .)) }}
- name: data
  persistentVolumeClaim:
    claimName: {{ include "zonewright.claimName" . }}
{{- end }}
{{- if include "zonewright.settings" . }}
- name: settings
  configMap:
    name: {{ include "zonewright.fullname" . }}
{{- end }}
{{- if .Values.dns.zoneFiles }}
- name: zones
  configMap:
    name: {{ include "zonewright.fullname" . }}-zones
{{- end }}
{{- with .Values.dns.zoneFilesConfigMap }}
- name: more-zones
  configMap:
    name: {{ . }}
{{- end }}
{{- range .Values.dns.tsigKeys | default list | include "zonewright.secretNames" | fromYamlArray }}
- name: key-{{ . }}
  secret:
    secretName: {{ . }}
    defaultMode: 288
{{- end }}
{{- if include "zonewright.answersTls" . }}
- name: listen-tls
  secret:
    secretName: {{ .Values.dns.tls.secretName }}
    defaultMode: 288
{{- with .Values.dns.tls.clientCA.secretName }}
- name: client-ca
  secret:
    secretName: {{ . }}
    defaultMode: 288
{{- end }}
{{- end }}
{{- if include "zonewright.elects" . }}
- name: replicas
  secret:
    secretName: {{ include "zonewright.replicaSecret" . }}
    defaultMode: 288
{{- end }}
{{- with include "zonewright.rfc2136Secrets" . | fromYaml }}
{{- with .tsig }}
- name: rfc2136
  secret:
    secretName: {{ . }}
    defaultMode: 288
{{- end }}
{{- with .tls }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 288
{{- end }}
{{- end }}
{{- if .Values.secretConfiguration.enabled }}
- name: secrets
  secret:
    secretName: {{ include "zonewright.fullname" . }}
    defaultMode: 288
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The Secrets of a list of keys, each once. */}}
{{- define "zonewright.secretNames" -}}
{{- $names := list -}}
{{- range . }}{{ $names = append $names .secretName }}{{ end -}}
{{- uniq $names | toYaml -}}
{{- end -}}

{{/* Secrets that the provider rfc2136 reads, if it is used. */}}
{{- define "zonewright.rfc2136Secrets" -}}
{{- $secrets := dict -}}
{{- if and (eq "rfc2136" (include "zonewright.provider" .)) (kindIs "map" .Values.provider) -}}
{{- with .Values.provider.rfc2136.tsig.secretName }}{{ $_ := set $secrets "tsig" . }}{{ end -}}
{{- with .Values.provider.rfc2136.tls.secretName }}{{ $_ := set $secrets "tls" . }}{{ end -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{/* A StatefulSet makes the claims of its Pods itself. */}}
{{- define "zonewright.claimTemplate" -}}
{{- if and (eq .Values.kind "StatefulSet") (eq .Values.data.type "persistentVolumeClaim") (not .Values.data.persistentVolumeClaim.existingClaim) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.claimSpec" -}}
{{- with .Values.data.persistentVolumeClaim -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
{{- with .storageClassName }}
storageClassName: {{ . | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end -}}
{{- end -}}
