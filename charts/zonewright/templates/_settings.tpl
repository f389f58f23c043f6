{{/* What the values come to. Helpers that answer a question give "true" or nothing. */}}

{{- define "zonewright.provider" -}}
{{- kindIs "string" .Values.provider | ternary .Values.provider (dig "name" "embedded" (kindIs "map" .Values.provider | ternary .Values.provider dict)) -}}
{{- end -}}

{{/* What is in an image that is built for it only, with the feature that it is of. */}}
{{- define "zonewright.features" -}}
providers:
  aws: provider-aws
  aws-sd: provider-aws-sd
  azure: provider-azure
  azure-dns: provider-azure
  azure-private-dns: provider-azure
  cloudflare: provider-cloudflare
  designate: provider-designate
  digitalocean: provider-digitalocean
  google: provider-google
  infoblox: provider-infoblox
  oci: provider-oci
  ovh: provider-ovh
  pihole: provider-pihole
  rdns: provider-rdns
registries:
  aws-sd: provider-aws-sd
  dynamodb: provider-aws
{{- end -}}

{{/* Those of them that these values ask for, with a space between them. */}}
{{- define "zonewright.neededFeatures" -}}
{{- $features := include "zonewright.features" . | fromYaml -}}
{{- $needed := list -}}
{{- if not (include "zonewright.severalDestinations" .) -}}
{{- with get $features.providers (include "zonewright.provider" .) }}{{ $needed = append $needed . }}{{ end -}}
{{- with get $features.registries (.Values.registry | default "") }}{{ $needed = append $needed . }}{{ end -}}
{{- end -}}
{{- range dig "destinations" list .Values.config -}}
{{- with get $features.providers (get . "provider" | default "") }}{{ $needed = append $needed . }}{{ end -}}
{{- with get $features.registries (get . "registry" | default "") }}{{ $needed = append $needed . }}{{ end -}}
{{- end -}}
{{- uniq $needed | join " " -}}
{{- end -}}

{{/* Several destinations are listed in the settings file, so no flag may speak of one. */}}
{{- define "zonewright.severalDestinations" -}}
{{- if hasKey .Values.config "destinations" }}true{{ end -}}
{{- end -}}

{{/* Values of one flag in extraArgs, a line each: (list . "flag"). */}}
{{- define "zonewright.extraArg" -}}
{{- $flag := index . 1 -}}
{{- $root := index . 0 -}}
{{- $extra := $root.Values.extraArgs -}}
{{- $found := list -}}
{{- if kindIs "map" $extra -}}
{{- if hasKey $extra $flag -}}
{{- $value := get $extra $flag -}}
{{- if kindIs "slice" $value -}}
{{- $found = $value -}}
{{- else if kindIs "invalid" $value -}}
{{- $found = list "true" -}}
{{- else -}}
{{- $found = list $value -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" $extra -}}
{{- $start := printf "--%s=" $flag -}}
{{- $follows := false -}}
{{- range $extra -}}
{{- if $follows -}}
{{- $found = append $found . -}}
{{- $follows = false -}}
{{- else if hasPrefix $start . -}}
{{- $found = append $found (trimPrefix $start .) -}}
{{- else if eq (printf "--%s" $flag) . -}}
{{- $follows = true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $found }}{{ tpl (toString .) $root }}
{{ end -}}
{{- end -}}

{{/* Everything that names come from, be it in `sources` or in extraArgs, with a space around each. */}}
{{- define "zonewright.sources" -}}
{{- $extra := include "zonewright.extraArg" (list . "source") | trim | splitList "\n" | compact -}}
{{- $all := concat (.Values.sources | default list) $extra | uniq -}}
{{- if $all }} {{ join " " $all }} {{ end -}}
{{- end -}}

{{/* Gateway API kinds among the sources. */}}
{{- define "zonewright.gatewaySources" -}}
{{- if contains " gateway-" (include "zonewright.sources" .) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.listenerSets" -}}
{{- if or .Values.enableGatewayListenerSets (eq "true" (include "zonewright.extraArg" (list . "gateway-listener-sets") | trim)) (and (kindIs "slice" .Values.extraArgs) (has "--gateway-listener-sets" .Values.extraArgs)) }}true{{ end -}}
{{- end -}}

{{/* The namespace that objects are read of, if it is one. */}}
{{- define "zonewright.sourceNamespace" -}}
{{- if .Values.namespaced -}}
{{- default (include "zonewright.namespace" .) .Values.sourceNamespace -}}
{{- end -}}
{{- end -}}

{{- define "zonewright.policy" -}}
{{- default (eq "embedded" (include "zonewright.provider" .) | ternary "sync" "upsert-only") .Values.policy -}}
{{- end -}}

{{- define "zonewright.answersDns" -}}
{{- $auto := or (eq "embedded" (include "zonewright.provider" .)) .Values.dns.zoneFiles .Values.dns.zoneFilesConfigMap .Values.config -}}
{{- if (kindIs "invalid" .Values.dns.enabled | ternary $auto .Values.dns.enabled) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.dnsService" -}}
{{- $enabled := .Values.dns.service.enabled -}}
{{- if and (include "zonewright.answersDns" .) (kindIs "invalid" $enabled | ternary (not .Values.hostNetwork) $enabled) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.answersTls" -}}
{{- if and (include "zonewright.answersDns" .) .Values.dns.tls.secretName }}true{{ end -}}
{{- end -}}

{{- define "zonewright.tlsPort" -}}
{{- default (.Values.hostNetwork | ternary 853 8853) .Values.dns.tls.port | int -}}
{{- end -}}

{{/* The least port that is listened on. */}}
{{- define "zonewright.leastPort" -}}
{{- $dns := include "zonewright.dnsPort" . | int -}}
{{- include "zonewright.answersTls" . | empty | ternary $dns (min $dns (include "zonewright.tlsPort" . | int)) -}}
{{- end -}}

{{- define "zonewright.dnsPort" -}}
{{- default (.Values.hostNetwork | ternary 53 5353) .Values.dns.port | int -}}
{{- end -}}

{{/* Ports below 1024 on the node need a start as root; in a network of its own a sysctl is enough. */}}
{{- define "zonewright.startsAsRoot" -}}
{{- if and .Values.hostNetwork (include "zonewright.answersDns" .) (lt (include "zonewright.leastPort" . | int) 1024) (ne 0 (dig "runAsUser" 65532 .Values.securityContext | int)) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext -}}
{{- if include "zonewright.startsAsRoot" . -}}
{{- $context = mergeOverwrite $context (dict "runAsNonRoot" false) -}}
{{- else if and (not .Values.hostNetwork) (include "zonewright.answersDns" .) (lt (include "zonewright.leastPort" . | int) 1024) -}}
{{- $sysctl := dict "name" "net.ipv4.ip_unprivileged_port_start" "value" (include "zonewright.leastPort" .) -}}
{{- $_ := set $context "sysctls" (append (get $context "sysctls" | default list) $sysctl) -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- define "zonewright.securityContext" -}}
{{- $context := deepCopy .Values.securityContext -}}
{{- if include "zonewright.startsAsRoot" . -}}
{{- $add := concat (dig "capabilities" "add" list $context) (list "NET_BIND_SERVICE" "SETUID" "SETGID" "CHOWN") | uniq -}}
{{- $drop := dig "capabilities" "drop" (list "ALL") $context -}}
{{- $root := dict "runAsUser" 0 "runAsGroup" 0 "runAsNonRoot" false "capabilities" (dict "drop" $drop "add" $add) -}}
{{- $context = mergeOverwrite $context $root -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* Affinity, with our own Pods meant where a rule among Pods says nothing. */}}
{{- define "zonewright.affinity" -}}
{{- $selector := dict "matchLabels" (include "zonewright.selectorLabels" . | fromYaml) -}}
{{- $affinity := deepCopy .Values.affinity -}}
{{- range $kind := list "podAffinity" "podAntiAffinity" -}}
{{- $rules := get $affinity $kind | default dict -}}
{{- range get $rules "requiredDuringSchedulingIgnoredDuringExecution" | default list -}}
{{- if not (hasKey . "labelSelector") }}{{ $_ := set . "labelSelector" $selector }}{{ end -}}
{{- end -}}
{{- range get $rules "preferredDuringSchedulingIgnoredDuringExecution" | default list -}}
{{- if not (hasKey .podAffinityTerm "labelSelector") }}{{ $_ := set .podAffinityTerm "labelSelector" $selector }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $affinity -}}
{{- end -}}

{{- define "zonewright.topologySpreadConstraints" -}}
{{- $selector := dict "matchLabels" (include "zonewright.selectorLabels" . | fromYaml) -}}
{{- $constraints := deepCopy .Values.topologySpreadConstraints -}}
{{- range $constraints -}}
{{- if not (hasKey . "labelSelector") }}{{ $_ := set . "labelSelector" $selector }}{{ end -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end -}}

{{/* Pods of a node's network find each other by a name of the cluster. */}}
{{- define "zonewright.dnsPolicy" -}}
{{- $needed := and .Values.hostNetwork (include "zonewright.elects" .) (include "zonewright.answersDns" .) -}}
{{- default ($needed | empty | ternary "" "ClusterFirstWithHostNet") .Values.dnsPolicy -}}
{{- end -}}

{{/* Whether one of several Pods leads. */}}
{{- define "zonewright.elects" -}}
{{- $auto := gt (add (int .Values.replicaCount) (int .Values.leaderElection.followers)) 1 -}}
{{- if and (ne .Values.kind "DaemonSet") (kindIs "invalid" .Values.leaderElection.enabled | ternary $auto .Values.leaderElection.enabled) }}true{{ end -}}
{{- end -}}

{{- define "zonewright.leaseName" -}}
{{- default (include "zonewright.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{/* Whether clients may update zones that several Pods have: what they change is kept in the cluster. */}}
{{- define "zonewright.keepsUpdates" -}}
{{- $granted := or .Values.dns.updatePolicy .Values.config (include "zonewright.extraArg" (list . "update-policy") | trim) -}}
{{- if and (include "zonewright.elects" .) $granted }}true{{ end -}}
{{- end -}}

{{- define "zonewright.replicaSecret" -}}
{{- default (printf "%s-replicas" (include "zonewright.fullname" .)) .Values.leaderElection.key.secretName -}}
{{- end -}}

{{- define "zonewright.leaderService" -}}
{{- $auto := or .Values.dns.updatePolicy .Values.dns.allowTransfer .Values.dns.notify | empty | not -}}
{{- $enabled := .Values.dns.leaderService.enabled -}}
{{- if and (include "zonewright.elects" .) (include "zonewright.answersDns" .) (kindIs "invalid" $enabled | ternary $auto $enabled) }}true{{ end -}}
{{- end -}}

{{/* Two may run for a moment where they write nothing outside and share neither port nor volume. */}}
{{- define "zonewright.deploymentStrategy" -}}
{{- $strategy := .Values.deploymentStrategy -}}
{{- $alone := or (ne "embedded" (include "zonewright.provider" .)) .Values.hostNetwork (not (has .Values.data.type (list "none" "emptyDir"))) (not (empty .Values.config)) -}}
{{- $numbers := dict "maxSurge" 1 "maxUnavailable" 0 -}}
{{- /* The one that leads writes; the others wait for it to go. Where two of one node would meet at a port or in a
folder, one goes before the next one comes; never all at once. */ -}}
{{- if include "zonewright.elects" . -}}
{{- $alone = eq .Values.data.type "persistentVolumeClaim" -}}
{{- if or .Values.hostNetwork (eq .Values.data.type "hostPath") }}{{ $numbers = dict "maxSurge" 0 "maxUnavailable" 1 }}{{ end -}}
{{- end -}}
{{- $type := default ($alone | ternary "Recreate" "RollingUpdate") $strategy.type -}}
type: {{ $type }}
{{- if eq $type "RollingUpdate" }}
rollingUpdate:
  {{- default $numbers $strategy.rollingUpdate | toYaml | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The settings file, if there is anything to say in it. */}}
{{- define "zonewright.settings" -}}
{{- with .Values.config -}}
{{- mergeOverwrite (dict "version" 1) (deepCopy .) | toYaml -}}
{{- end -}}
{{- end -}}
