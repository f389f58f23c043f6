{{/* What cannot work is said when the chart is used, not by a Pod that ends again and again. */}}

{{- define "zonewright.checks" -}}
{{- $provider := include "zonewright.provider" . -}}
{{- $known := list "service" "ingress" "gateway-httproute" "gateway-grpcroute" "gateway-tlsroute" "gateway-tcproute" "gateway-udproute" "crd" "node" "pod" "unstructured" "fake" "empty" "manifests" -}}
{{- range .Values.sources -}}
{{- if not (has . $known) -}}
{{- fail (printf "\n\nsources: %q is no source of this version; there are %s.\nNames of other resources can be had by templates: source unstructured, with unstructuredResources." . (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- if not (has $provider (list "embedded" "rfc2136" "webhook" "inmemory")) -}}
{{- fail (printf "\n\nprovider.name: %q is no provider of this version; there are embedded, rfc2136, webhook and inmemory.\nAny webhook provider of external-dns can be used: provider.name=webhook, with its image in provider.webhook.image." $provider) -}}
{{- end -}}
{{- if not (has (.Values.registry | default "txt") (list "txt" "crd" "noop")) -}}
{{- fail (printf "\n\nregistry: %q is no registry of this version; there are txt, crd and noop." .Values.registry) -}}
{{- end -}}
{{- if and (eq (.Values.registry | default "") "crd") (eq $provider "embedded") -}}
{{- fail "\n\nregistry: zones of this server know who wrote what without objects; leave it empty." -}}
{{- end -}}
{{- if and .Values.txtPrefix .Values.txtSuffix -}}
{{- fail "\n\ntxtPrefix and txtSuffix: only one of them can be given." -}}
{{- end -}}
{{- if and (gt (int .Values.replicaCount) 1) (ne .Values.kind "DaemonSet") -}}
{{- if not (include "zonewright.elects" .) -}}
{{- fail "\n\nreplicaCount: more than one Pod would write the same records; expected 0 or 1, or leaderElection.enabled." -}}
{{- end -}}
{{- if and (eq .Values.kind "Deployment") (eq .Values.data.type "persistentVolumeClaim") -}}
{{- fail "\n\ndata.type: several Pods of a Deployment would share one claim; expected kind StatefulSet, or data.type hostPath, emptyDir or none." -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.kind "DaemonSet") (eq (toString .Values.leaderElection.enabled) "true") -}}
{{- fail "\n\nleaderElection.enabled: the Pods of a DaemonSet are servers of their own; expected kind Deployment or StatefulSet." -}}
{{- end -}}
{{- if and .Release.IsUpgrade (include "zonewright.keepsUpdates" .) (gt (add (int .Values.replicaCount) (int .Values.leaderElection.followers)) 1) -}}
{{- /* A volume of one Pod may have what clients have changed; the Pod that has it is the last to be started anew, and others lead by then. */ -}}
{{- $old := lookup "apps/v1" .Values.kind (include "zonewright.namespace" .) (include "zonewright.fullname" .) | default dict -}}
{{- $before := list -}}
{{- range dig "spec" "template" "spec" "containers" list $old }}{{ $before = concat $before (.args | default list) }}{{ end -}}
{{- $said := join "\n" $before -}}
{{- if and (contains "--data-dir=" $said) (contains "--update-policy=" $said) (not (has "--leader-elect" $before)) -}}
{{- fail "\n\nreplicaCount: what clients have changed is on the volume of the one Pod that there is, and another one would lead before it.\nFirst upgrade with leaderElection.enabled=true and replicaCount=1, which takes it along, then with more Pods." -}}
{{- end -}}
{{- end -}}
{{- if .Values.leaderElection.followers -}}
{{- if not (include "zonewright.elects" .) -}}
{{- fail "\n\nleaderElection.followers: nobody leads them; expected leaderElection.enabled, and kind Deployment or StatefulSet." -}}
{{- end -}}
{{- if not (include "zonewright.answersDns" .) -}}
{{- fail "\n\nleaderElection.followers: Pods that only follow have nothing to do where no zones are served; expected 0." -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.kind "DaemonSet" -}}
{{- if and (include "zonewright.sources" .) (or (ne $provider "embedded") (include "zonewright.severalDestinations" .)) -}}
{{- fail "\n\nkind: a DaemonSet would write the same records once for each node; it is for the provider embedded only." -}}
{{- end -}}
{{- if eq .Values.data.type "persistentVolumeClaim" -}}
{{- fail "\n\ndata.type: the Pods of a DaemonSet cannot share one claim; expected hostPath, emptyDir or none." -}}
{{- end -}}
{{- if .Values.dns.updatePolicy -}}
{{- fail "\n\ndns.updatePolicy: the Pods of a DaemonSet do not know of each other's updates; expected kind Deployment or StatefulSet." -}}
{{- end -}}
{{- end -}}
{{- if and (include "zonewright.sources" .) (eq $provider "embedded") (not .Values.config) (not .Values.dns.zones) (not (include "zonewright.extraArg" (list . "zone") | trim)) -}}
{{- $filters := concat (.Values.domainFilters | default list) (include "zonewright.extraArg" (list . "domain-filter") | trim | splitList "\n" | compact) -}}
{{- $named := false -}}
{{- range $filters }}{{ if not (hasPrefix "." .) }}{{ $named = true }}{{ end }}{{ end -}}
{{- if not $named -}}
{{- fail "\n\ndns.zones: there is no zone to put names in; name it, or a domain in domainFilters.\nFor zone files alone, say sources: []." -}}
{{- end -}}
{{- end -}}
{{- if and (eq $provider "webhook") (not (include "zonewright.severalDestinations" .)) -}}
{{- $image := kindIs "map" .Values.provider | ternary (dig "webhook" "image" dict (kindIs "map" .Values.provider | ternary .Values.provider dict)) dict -}}
{{- if ne (empty (get $image "repository")) (empty (get $image "tag")) -}}
{{- fail "\n\nprovider.webhook.image: a repository needs a tag, and a tag a repository." -}}
{{- end -}}
{{- if and (empty (get $image "repository")) (not (include "zonewright.extraArg" (list . "webhook-provider-url") | trim)) -}}
{{- fail "\n\nprovider.webhook.image: the image of the webhook provider is not named (repository and tag).\nIf it runs elsewhere, say where by extraArgs: webhook-provider-url." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.secretConfiguration.enabled (not .Values.secretConfiguration.mountPath) -}}
{{- fail "\n\nsecretConfiguration.mountPath: expected a path." -}}
{{- end -}}
{{- end -}}
