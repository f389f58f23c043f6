{{/* The arguments of the program, a YAML list. */}}

{{- define "zonewright.arguments" -}}
{{- $provider := include "zonewright.provider" . -}}
{{- $several := include "zonewright.severalDestinations" . -}}
{{- $all := list (printf "--log-level=%s" .Values.logLevel) (printf "--log-format=%s" .Values.logFormat) -}}
{{- $all = append $all "--metrics-address=:7979" -}}
{{- with .Values.shutdownDelaySeconds }}{{ $all = append $all (printf "--shutdown-delay=%ds" (int .)) }}{{ end -}}
{{- if include "zonewright.settings" . -}}
{{- $all = append $all "--config=/etc/zonewright/settings.yaml" -}}
{{- end -}}
{{- if include "zonewright.sources" . -}}
{{- $all = append $all (printf "--interval=%s" .Values.interval) -}}
{{- end -}}
{{- range .Values.sources }}{{ $all = append $all (printf "--source=%s" .) }}{{ end -}}
{{- with include "zonewright.sourceNamespace" . }}{{ $all = append $all (printf "--namespace=%s" .) }}{{ end -}}
{{- with .Values.gatewayNamespace }}{{ $all = append $all (printf "--gateway-namespace=%s" .) }}{{ end -}}
{{- if .Values.enableGatewayListenerSets }}{{ $all = append $all "--gateway-listener-sets" }}{{ end -}}
{{- range .Values.unstructuredResources }}{{ $all = append $all (printf "--unstructured-resource=%s" .) }}{{ end -}}
{{- with .Values.labelFilter }}{{ $all = append $all (printf "--label-filter=%s" .) }}{{ end -}}
{{- with .Values.annotationFilter }}{{ $all = append $all (printf "--annotation-filter=%s" .) }}{{ end -}}
{{- with .Values.annotationPrefix }}{{ $all = append $all (printf "--annotation-prefix=%s" .) }}{{ end -}}
{{- range .Values.eventsEmit }}{{ $all = append $all (printf "--events-emit=%s" .) }}{{ end -}}
{{- if and (include "zonewright.sources" .) (not $several) -}}
{{- $all = append $all (printf "--provider=%s" $provider) -}}
{{- $all = append $all (printf "--policy=%s" (include "zonewright.policy" .)) -}}
{{- with .Values.registry | default (eq $provider "embedded" | ternary "" "txt") }}{{ $all = append $all (printf "--registry=%s" .) }}{{ end -}}
{{- with .Values.txtOwnerId }}{{ $all = append $all (printf "--txt-owner-id=%s" .) }}{{ end -}}
{{- with .Values.txtPrefix }}{{ $all = append $all (printf "--txt-prefix=%s" .) }}{{ end -}}
{{- with .Values.txtSuffix }}{{ $all = append $all (printf "--txt-suffix=%s" .) }}{{ end -}}
{{- range .Values.domainFilters }}{{ $all = append $all (printf "--domain-filter=%s" .) }}{{ end -}}
{{- range .Values.excludeDomains }}{{ $all = append $all (printf "--exclude-domains=%s" .) }}{{ end -}}
{{- range .Values.managedRecordTypes }}{{ $all = append $all (printf "--managed-record-types=%s" .) }}{{ end -}}
{{- if eq $provider "rfc2136" }}{{ $all = concat $all (include "zonewright.rfc2136" . | fromYamlArray) }}{{ end -}}
{{- end -}}
{{- if include "zonewright.answersDns" . }}{{ $all = concat $all (include "zonewright.dnsArguments" . | fromYamlArray) }}{{ end -}}
{{- if include "zonewright.elects" . }}{{ $all = concat $all (include "zonewright.electionArguments" . | fromYamlArray) }}{{ end -}}
{{- if ne .Values.data.type "none" }}{{ $all = append $all (printf "--data-dir=%s" .Values.data.mountPath) }}{{ end -}}
{{- if include "zonewright.startsAsRoot" . -}}
{{- $user := dig "runAsUser" 65532 .Values.securityContext | int -}}
{{- /* The group that may read the token and the Secrets. */ -}}
{{- $group := dig "fsGroup" (dig "runAsGroup" $user .Values.securityContext) .Values.podSecurityContext | int -}}
{{- $all = append (append $all (printf "--user=%d" $user)) (printf "--group=%d" $group) -}}
{{- end -}}
{{- toYaml (concat $all (include "zonewright.extraArguments" . | fromYamlArray)) -}}
{{- end -}}

{{- define "zonewright.electionArguments" -}}
{{- $name := include "zonewright.fullname" . -}}
{{- $all := list "--leader-elect" -}}
{{- if .Follows }}{{ $all = append $all "--no-replica-candidate" }}{{ end -}}
{{- with .Values.leaderElection -}}
{{- $all = append $all (printf "--leader-elect-resource-name=%s" (include "zonewright.leaseName" $)) -}}
{{- $all = append $all (printf "--leader-elect-lease-duration=%s" .leaseDuration) -}}
{{- $all = append $all (printf "--leader-elect-renew-deadline=%s" .renewDeadline) -}}
{{- $all = append $all (printf "--leader-elect-retry-period=%s" .retryPeriod) -}}
{{- $all = append $all (printf "--replica-key=%s" .key.name) -}}
{{- $all = append $all (printf "--key-file=/etc/zonewright/replicas/%s" .key.key) -}}
{{- end -}}
{{- if include "zonewright.answersDns" . -}}
{{- $all = append $all (printf "--replica-peers=%s-peers.%s.svc:%s" $name (include "zonewright.namespace" .) (include "zonewright.dnsPort" .)) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{- define "zonewright.rfc2136" -}}
{{- $rfc := dig "rfc2136" dict (kindIs "map" .Values.provider | ternary .Values.provider dict) -}}
{{- $all := list -}}
{{- range get $rfc "hosts" | default list }}{{ $all = append $all (printf "--rfc2136-host=%s" .) }}{{ end -}}
{{- with get $rfc "port" }}{{ $all = append $all (printf "--rfc2136-port=%d" (int .)) }}{{ end -}}
{{- range get $rfc "zones" | default list }}{{ $all = append $all (printf "--rfc2136-zone=%s" .) }}{{ end -}}
{{- if and (get $rfc "hosts") (get $rfc "axfr") }}{{ $all = append $all "--rfc2136-axfr" }}{{ end -}}
{{- if dig "tsig" "secretName" "" $rfc }}{{ $all = append $all (printf "--rfc2136-tsig-key-file=/etc/zonewright/rfc2136/%s" $rfc.tsig.key) }}{{ end -}}
{{- if dig "tls" "enabled" false $rfc }}{{ $all = append $all "--rfc2136-use-tls" }}{{ end -}}
{{- if dig "tls" "secretName" "" $rfc -}}
{{- $all = append $all "--tls-ca=/etc/zonewright/tls/ca.crt" -}}
{{- if $rfc.tls.clientCertificate -}}
{{- $all = append (append $all "--tls-client-cert=/etc/zonewright/tls/tls.crt") "--tls-client-cert-key=/etc/zonewright/tls/tls.key" -}}
{{- end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{- define "zonewright.dnsArguments" -}}
{{- $port := include "zonewright.dnsPort" . -}}
{{- $all := list -}}
{{- range (.Values.hostNetwork | ternary .Values.dns.addresses list) | default (list "") -}}
{{- $all = append $all (contains ":" . | ternary (printf "--listen=[%s]:%s" . $port) (printf "--listen=%s:%s" . $port)) -}}
{{- end -}}
{{- range .Values.dns.zones }}{{ $all = append $all (printf "--zone=%s" .) }}{{ end -}}
{{- range .Values.dns.nameServers }}{{ $all = append $all (printf "--zone-ns=%s" .) }}{{ end -}}
{{- if .Values.dns.zoneFiles }}{{ $all = append $all "--zone-dir=/etc/zonewright/zones" }}{{ end -}}
{{- if .Values.dns.zoneFilesConfigMap }}{{ $all = append $all "--zone-dir=/etc/zonewright/more-zones" }}{{ end -}}
{{- range .Values.dns.tsigKeys }}{{ $all = append $all (printf "--key-file=/etc/zonewright/keys/%s/%s" .secretName .key) }}{{ end -}}
{{- if include "zonewright.answersTls" . -}}
{{- $tls := include "zonewright.tlsPort" . -}}
{{- range (.Values.hostNetwork | ternary .Values.dns.addresses list) | default (list "") -}}
{{- $all = append $all (contains ":" . | ternary (printf "--listen-tls=[%s]:%s" . $tls) (printf "--listen-tls=%s:%s" . $tls)) -}}
{{- end -}}
{{- $all = append (append $all "--listen-tls-cert=/etc/zonewright/listen-tls/tls.crt") "--listen-tls-cert-key=/etc/zonewright/listen-tls/tls.key" -}}
{{- with .Values.dns.tls.clientCA -}}
{{- if .secretName -}}
{{- $all = append $all (printf "--listen-tls-client-ca=/etc/zonewright/client-ca/%s" .key) -}}
{{- $all = append $all (printf "--listen-tls-client-cert=%s" (.required | ternary "require" "optional")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range .Values.dns.allowTransfer }}{{ $all = append $all (printf "--allow-transfer=%s" .) }}{{ end -}}
{{- range .Values.dns.notify }}{{ $all = append $all (printf "--notify=%s" .) }}{{ end -}}
{{- range .Values.dns.updatePolicy }}{{ $all = append $all (printf "--update-policy=%s" .) }}{{ end -}}
{{- toYaml $all -}}
{{- end -}}

{{- define "zonewright.extraArguments" -}}
{{- $extra := .Values.extraArgs -}}
{{- $all := list -}}
{{- if kindIs "map" $extra -}}
{{- range $flag, $value := $extra -}}
{{- if kindIs "slice" $value -}}
{{- range $value }}{{ $all = append $all (printf "--%s=%s" $flag (tpl (toString .) $)) }}{{ end -}}
{{- else if kindIs "invalid" $value -}}
{{- $all = append $all (printf "--%s" $flag) -}}
{{- else if kindIs "bool" $value -}}
{{- $all = append $all (printf ($value | ternary "--%s" "--no-%s") $flag) -}}
{{- else -}}
{{- $all = append $all (printf "--%s=%s" $flag (tpl (toString $value) $)) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" $extra -}}
{{- range $extra }}{{ $all = append $all (tpl (toString .) $) }}{{ end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}
