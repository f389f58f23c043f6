{{/* Metrics of this release: both monitors name the job after it, and a sidecar has an endpoint of its own. */}}
{{- define "zonewright.job" -}}
job="{{ .Release.Name }}", namespace="{{ include "zonewright.namespace" . }}", endpoint="http"
{{- end -}}

{{/* What an endpoint of a monitor says beside its port. */}}
{{- define "zonewright.scrape" -}}
{{- $fields := dict -}}
{{- $monitor := . -}}
{{- range $key := list "interval" "scrapeTimeout" "scheme" "tlsConfig" "bearerTokenFile" "relabelings" "metricRelabelings" -}}
{{- with get $monitor $key }}{{ $_ := set $fields $key . }}{{ end -}}
{{- end -}}
{{- if $fields -}}
{{- toYaml $fields -}}
{{- end -}}
{{- end -}}
