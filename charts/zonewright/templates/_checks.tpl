{{/* What cannot work is said when the chart is used, not by a Pod that ends again and again. */}}

{{- define "zonewright.checks" -}}
{{- $provider := include "zonewright.provider" . -}}
{{- $known := list "service" "ingress" "gateway-httproute" "gateway-grpcroute" "gateway-tlsroute" "gateway-tcproute" "gateway-udproute" "crd" "node" "pod" "unstructured" "fake" "empty" "manifests" -}}
{{- range .Values.sources -}}
{{- if not (has . $known) -}}
{{- fail (printf "\n\nsources: %q is no source of this version; there are %s.\nNames of other resources can be had by templates: source unstructured, with unstructuredResources." . (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- $features := include "zonewright.features" . | fromYaml -}}
{{- $names := concat (list "embedded" "rfc2136" "webhook" "inmemory" "pdns" "coredns" "skydns") (keys $features.providers | sortAlpha) -}}
{{- if not (has $provider $names) -}}
{{- fail (printf "\n\nprovider.name: %q is no provider of this version; there are %s.\nAny webhook provider of external-dns can be used: provider.name=webhook, with its image in provider.webhook.image." $provider (join ", " $names)) -}}
{{- end -}}
{{- $registry := .Values.registry | default "txt" -}}
{{- $registries := concat (list "txt" "crd" "noop") (keys $features.registries | sortAlpha) -}}
{{- if not (has $registry $registries) -}}
{{- fail (printf "\n\nregistry: %q is no registry of this version; there are %s." $registry (join ", " $registries)) -}}
{{- end -}}
{{- if and (has $registry (list "aws-sd" "crd" "dynamodb")) (eq $provider "embedded") -}}
{{- fail "\n\nregistry: zones of this server know who wrote what by themselves; leave it empty." -}}
{{- end -}}
{{- $grace := .Values.terminationGracePeriodSeconds -}}
{{- if and $grace (le (int $grace) (int .Values.shutdownDelaySeconds)) -}}
{{- fail "\n\nterminationGracePeriodSeconds: a Pod would be killed while it answers on; expected more than shutdownDelaySeconds, by 10 or so." -}}
{{- end -}}
{{- $tsig := include "zonewright.rfc2136Secrets" . | fromYaml -}}
{{- range $flag := list "rfc2136-tsig-secret" "rfc2136-tsig-keyname" "rfc2136-tsig-key-file" -}}
{{- if and $tsig.tsig (include "zonewright.extraArg" (list $ $flag) | trim) -}}
{{- fail (printf "\n\nprovider.rfc2136.tsig.secretName: extraArgs have the key too, as %s; only one of them can be." $flag) -}}
{{- end -}}
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
{{- if .Release.IsUpgrade }}{{ include "zonewright.upgradeChecks" . }}{{ end -}}
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
{{- /* Variables may say what no value says. */ -}}
{{- $said := or .Values.env .Values.envFrom .Values.config -}}
{{- if and (eq $provider "rfc2136") (include "zonewright.sources" .) (not $said) -}}
{{- $rfc := dig "rfc2136" dict (kindIs "map" .Values.provider | ternary .Values.provider dict) -}}
{{- if not (or (get $rfc "hosts") (include "zonewright.extraArg" (list . "rfc2136-host") | trim)) -}}
{{- fail "\n\nprovider.rfc2136.hosts: there is no name server to write to; name one." -}}
{{- end -}}
{{- $signs := $tsig.tsig -}}
{{- range $flag := list "rfc2136-tsig-secret" "rfc2136-tsig-keyname" "rfc2136-tsig-key-file" "rfc2136-insecure" "rfc2136-gss-tsig" -}}
{{- if or (include "zonewright.extraArg" (list $ $flag) | trim) (and (kindIs "slice" $.Values.extraArgs) (has (printf "--%s" $flag) $.Values.extraArgs)) }}{{ $signs = "yes" }}{{ end -}}
{{- end -}}
{{- if not $signs -}}
{{- fail "\n\nprovider.rfc2136.tsig.secretName: there is no key to sign updates with.\nMake one by `zonewright key new zonewright --file tsig.key` and `kubectl create secret generic NAME --from-file=tsig.key`, or say extraArgs: rfc2136-insecure if the server goes by addresses." -}}
{{- end -}}
{{- end -}}
{{- if and (include "zonewright.answersDns" .) (not .Values.dns.tsigKeys) (not $said) (not (include "zonewright.extraArg" (list . "key-file") | trim)) -}}
{{- range .Values.dns.allowTransfer -}}
{{- if contains "key:" . -}}
{{- fail (printf "\n\ndns.tsigKeys: dns.allowTransfer has %q, but no key is known; expected a Secret with it, as [{secretName: NAME, key: FILE}]." .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.dns.updatePolicy -}}
{{- if regexMatch "(^|=)grant +[A-Za-z0-9._-]+ " . -}}
{{- fail (printf "\n\ndns.tsigKeys: dns.updatePolicy has %q, but no key is known; expected a Secret with it, as [{secretName: NAME, key: FILE}]." .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.secretConfiguration.enabled (not .Values.secretConfiguration.mountPath) -}}
{{- fail "\n\nsecretConfiguration.mountPath: expected a path." -}}
{{- end -}}
{{- end -}}

{{/* What an upgrade cannot do, or would leave behind, where Helm sees the cluster. */}}
{{- define "zonewright.upgradeChecks" -}}
{{- $namespace := include "zonewright.namespace" . -}}
{{- $name := include "zonewright.fullname" . -}}
{{- $old := dict -}}
{{- range $kind := list "Deployment" "StatefulSet" -}}
{{- with lookup "apps/v1" $kind $namespace $name }}{{ $old = . }}{{ end -}}
{{- end -}}
{{- $before := list -}}
{{- range dig "spec" "template" "spec" "containers" list $old }}{{ $before = concat $before (.args | default list) }}{{ end -}}
{{- $said := join "\n" $before -}}
{{- $alone := and (contains "--data-dir=" $said) (contains "--update-policy=" $said) (not (has "--leader-elect" $before)) -}}
{{- /* A volume of one Pod may have what clients have changed; the Pod that has it is the last to be started anew, and others lead by then. */ -}}
{{- if and $alone (include "zonewright.keepsUpdates" .) (gt (add (int .Values.replicaCount) (int .Values.leaderElection.followers)) 1) -}}
{{- fail "\n\nreplicaCount: what clients have changed is on the volume of the one Pod that there is, and another one would lead before it.\nFirst upgrade with leaderElection.enabled=true and replicaCount=1, which takes it along, then with more Pods." -}}
{{- end -}}
{{- $oldKind := dig "kind" "" $old -}}
{{- $oldClaim := "" -}}
{{- range dig "spec" "template" "spec" "volumes" list $old -}}
{{- if eq .name "data" }}{{ $oldClaim = dig "persistentVolumeClaim" "claimName" "" . }}{{ end -}}
{{- end -}}
{{- $templates := dig "spec" "volumeClaimTemplates" list $old -}}
{{- if $templates }}{{ $oldClaim = printf "data-%s-0" $name }}{{ end -}}
{{- if and $alone $oldClaim $oldKind (ne $oldKind .Values.kind) (eq .Values.data.type "persistentVolumeClaim") (ne $oldClaim (.Values.data.persistentVolumeClaim.existingClaim | default "")) -}}
{{- fail (printf "\n\nkind: what clients have changed is in the claim %s, and a %s has another one.\nSay data.persistentVolumeClaim.existingClaim=%s, or first upgrade with leaderElection.enabled=true, which takes it along." $oldClaim .Values.kind $oldClaim) -}}
{{- end -}}
{{- if and (eq $oldKind "StatefulSet") (eq .Values.kind "StatefulSet") -}}
{{- $wanted := include "zonewright.claimTemplate" . -}}
{{- $first := dig "spec" dict (first $templates | default dict) -}}
{{- $differs := ne (empty $wanted) (empty $templates) -}}
{{- with .Values.data.persistentVolumeClaim -}}
{{- if and $wanted $templates .storageClassName (ne (toString .storageClassName) (get $first "storageClassName" | default "")) }}{{ $differs = true }}{{ end -}}
{{- /* Only numbers of one unit are compared: what is said in another one may be the same. */ -}}
{{- $size := dig "resources" "requests" "storage" "" $first -}}
{{- if and $wanted $templates (ne $size .size) (eq (regexFind "[A-Za-z]*$" $size) (regexFind "[A-Za-z]*$" .size)) }}{{ $differs = true }}{{ end -}}
{{- end -}}
{{- if $differs -}}
{{- fail (printf "\n\ndata: the claims of a StatefulSet are as they were made.\nFirst kubectl -n %s delete statefulset %s --cascade=orphan, which leaves Pods and volumes as they are, then upgrade again." $namespace $name) -}}
{{- end -}}
{{- end -}}
{{- range $service, $wanted := dict (printf "%s-dns" $name) .Values.dns.service.clusterIP (printf "%s-leader" $name) .Values.dns.leaderService.clusterIP -}}
{{- $has := dig "spec" "clusterIP" "" (lookup "v1" "Service" $namespace $service | default dict) -}}
{{- if and $has $wanted (ne $has (toString $wanted)) -}}
{{- fail (printf "\n\nclusterIP: the Service %s has %s, and a Service keeps its address.\nFirst kubectl -n %s delete service %s, then upgrade again." $service $has $namespace $service) -}}
{{- end -}}
{{- end -}}
{{- end -}}
