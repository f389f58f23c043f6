{{/* Names and labels. */}}

{{- define "zonewright.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name holds the chart's name, or is put before it. */}}
{{- define "zonewright.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $joined := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $joined .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "zonewright.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "zonewright.selectorLabels" -}}
app.kubernetes.io/name: {{ include "zonewright.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "zonewright.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "zonewright.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "zonewright.serviceAccountName" -}}
{{- $default := .Values.serviceAccount.create | ternary (include "zonewright.fullname" .) "default" -}}
{{- default $default .Values.serviceAccount.name -}}
{{- end -}}

{{/* The account of a Pod: those that only follow have one of their own, if the chart makes any. */}}
{{- define "zonewright.podAccountName" -}}
{{- if and .Follows .Values.serviceAccount.create -}}
{{ include "zonewright.fullname" . }}-followers
{{- else -}}
{{ include "zonewright.serviceAccountName" . }}
{{- end -}}
{{- end -}}

{{- define "zonewright.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default (printf "v%s" $.Chart.AppVersion) .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether this release made an object of the cluster: (list . object). Another one may have its name, in
another namespace. */}}
{{- define "zonewright.isOurs" -}}
{{- $root := index . 0 -}}
{{- $made := dig "metadata" "annotations" dict (index . 1) -}}
{{- if and (eq $root.Release.Name (get $made "meta.helm.sh/release-name")) (eq $root.Release.Namespace (get $made "meta.helm.sh/release-namespace")) }}true{{ end -}}
{{- end -}}

{{/* The name of our roles of the cluster: releases of one name in several namespaces have one each. */}}
{{- define "zonewright.clusterRoleName" -}}
{{- printf "%s-%s" (include "zonewright.namespace" .) (include "zonewright.fullname" .) -}}
{{- end -}}

{{/* The claim of the data volume. */}}
{{- define "zonewright.claimName" -}}
{{- default (printf "%s-data" (include "zonewright.fullname" .)) .Values.data.persistentVolumeClaim.existingClaim -}}
{{- end -}}
