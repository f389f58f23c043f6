{{/*
What the program does with the API server, by source: it lists and watches.
Pods, Nodes, EndpointSlices and Namespaces are watched once an object needs them.
*/}}

{{/* Rules for objects of namespaces. */}}
{{- define "zonewright.rules" -}}
{{- $sources := include "zonewright.sources" . -}}
{{- $rules := list -}}
{{- if contains " service " $sources -}}
{{- $rules = append $rules (include "zonewright.follow" (list "" "services") | fromYaml) -}}
{{- $rules = append $rules (include "zonewright.follow" (list "discovery.k8s.io" "endpointslices") | fromYaml) -}}
{{- end -}}
{{- if or (contains " pod " $sources) (contains " service " $sources) -}}
{{- $rules = append $rules (include "zonewright.follow" (list "" "pods") | fromYaml) -}}
{{- end -}}
{{- if contains " ingress " $sources -}}
{{- $rules = append $rules (include "zonewright.follow" (list "networking.k8s.io" "ingresses") | fromYaml) -}}
{{- end -}}
{{- if contains " crd " $sources -}}
{{- /* Its status is read and replaced. */ -}}
{{- $rules = append $rules (dict "apiGroups" (list "externaldns.k8s.io") "resources" (list "dnsendpoints") "verbs" (list "get" "list" "watch")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "externaldns.k8s.io") "resources" (list "dnsendpoints/status") "verbs" (list "update")) -}}
{{- end -}}
{{- $routes := list -}}
{{- range $kind := list "httproute" "grpcroute" "tlsroute" "tcproute" "udproute" -}}
{{- if contains (printf " gateway-%s " $kind) $sources }}{{ $routes = append $routes (printf "%ss" $kind) }}{{ end -}}
{{- end -}}
{{- if $routes -}}
{{- $rules = append $rules (dict "apiGroups" (list "gateway.networking.k8s.io") "resources" $routes "verbs" (list "list" "watch")) -}}
{{- end -}}
{{- if contains " unstructured " $sources -}}
{{- range concat (.Values.unstructuredResources | default list) (include "zonewright.extraArg" (list . "unstructured-resource") | trim | splitList "\n" | compact) -}}
{{- $parts := splitn "." 3 . -}}
{{- $rules = append $rules (include "zonewright.follow" (list ($parts._2 | default "") $parts._0) | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- if or .Values.eventsEmit (include "zonewright.extraArg" (list . "events-emit") | trim) -}}
{{- $rules = append $rules (dict "apiGroups" (list "events.k8s.io") "resources" (list "events") "verbs" (list "create")) -}}
{{- end -}}
{{- toYaml (concat $rules .Values.rbac.additionalPermissions) -}}
{{- end -}}

{{/* Rules for Gateways, which may be in a namespace of their own. */}}
{{- define "zonewright.gatewayRules" -}}
{{- $rules := list -}}
{{- if include "zonewright.gatewaySources" . -}}
{{- $resources := list "gateways" -}}
{{- if include "zonewright.listenerSets" . }}{{ $resources = append $resources "listenersets" }}{{ end -}}
{{- $rules = append $rules (dict "apiGroups" (list "gateway.networking.k8s.io") "resources" $resources "verbs" (list "list" "watch")) -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* Rules for objects of the cluster as a whole. */}}
{{- define "zonewright.clusterRules" -}}
{{- $sources := include "zonewright.sources" . -}}
{{- $rules := list -}}
{{- if or (contains " node " $sources) (and (or (not .Values.namespaced) .Values.rbac.clusterScoped) (or (contains " pod " $sources) (contains " service " $sources))) -}}
{{- $rules = append $rules (include "zonewright.follow" (list "" "nodes") | fromYaml) -}}
{{- end -}}
{{- if and (include "zonewright.gatewaySources" .) (or (not .Values.namespaced) (not .Values.gatewayNamespace) .Values.rbac.clusterScoped) -}}
{{- $rules = append $rules (include "zonewright.follow" (list "" "namespaces") | fromYaml) -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* Whether it is kept in objects who owns records. */}}
{{- define "zonewright.keepsRecords" -}}
{{- $extra := include "zonewright.extraArg" (list . "registry") | trim -}}
{{- if and (include "zonewright.sources" .) (eq (default (.Values.registry | default "") $extra) "crd") -}}true{{- end -}}
{{- end -}}

{{/* The namespace of these objects, if it is not our own. */}}
{{- define "zonewright.recordsNamespace" -}}
{{- $given := include "zonewright.extraArg" (list . "crd-registry-namespace") | trim -}}
{{- if ne $given (include "zonewright.namespace" .) }}{{ $given }}{{ end -}}
{{- end -}}

{{/* Rules for these objects. */}}
{{- define "zonewright.recordRules" -}}
- apiGroups: ["externaldns.k8s.io"]
  resources: ["dnsrecords"]
  verbs: ["create", "delete", "get", "list", "update"]
- apiGroups: ["externaldns.k8s.io"]
  resources: ["dnsrecords/status"]
  verbs: ["update"]
{{- end -}}

{{/* Rules for several Pods, in their own namespace: the Lease, the label of the one that leads, and what
it says of zones; what clients change, where anybody may. And what the registry crd keeps there. */}}
{{- define "zonewright.replicaRules" -}}
{{- $rules := list -}}
{{- if eq (include "zonewright.keepsRecords" .) "true" -}}
{{- if not (include "zonewright.recordsNamespace" .) -}}
{{- $rules = concat $rules (include "zonewright.recordRules" . | fromYamlArray) -}}
{{- end -}}
{{- end -}}
{{- if include "zonewright.elects" . -}}
{{- /* By name, but for one that is not there yet. */ -}}
{{- $rules = append $rules (dict "apiGroups" (list "coordination.k8s.io") "resources" (list "leases") "verbs" (list "create")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "coordination.k8s.io") "resources" (list "leases") "resourceNames" (list (include "zonewright.leaseName" .)) "verbs" (list "get" "update" "watch")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list "pods") "verbs" (list "patch")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "zonewright.dev") "resources" (list "zones") "verbs" (list "create" "get")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "zonewright.dev") "resources" (list "zones/status") "verbs" (list "patch")) -}}
{{- if include "zonewright.keepsUpdates" . -}}
{{- $rules = append $rules (dict "apiGroups" (list "zonewright.dev") "resources" (list "zonecheckpoints" "zonejournals") "verbs" (list "create" "delete" "get" "list")) -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{- define "zonewright.follow" -}}
apiGroups: [{{ index . 0 | quote }}]
resources: [{{ index . 1 | quote }}]
verbs: ["list", "watch"]
{{- end -}}

{{/* A role and its binding: (list . kind name namespace rules); nothing without rules. */}}
{{- define "zonewright.role" -}}
{{- $root := index . 0 -}}
{{- $kind := index . 1 -}}
{{- $name := index . 2 -}}
{{- $namespace := index . 3 -}}
{{- $rules := index . 4 -}}
{{- if $rules -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "zonewright.labels" $root | nindent 4 }}
rules:
  {{- toYaml $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "zonewright.labels" $root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "zonewright.serviceAccountName" $root }}
    namespace: {{ include "zonewright.namespace" $root }}
---
{{ end -}}
{{- end -}}
