#!/bin/sh
# Installs the gateway into a Kubernetes cluster, with the values beside this file. Read it first: the charts are other people's.
# Each chart's version is yours to choose: --version pins it, and 'helm template' shows what it makes of the values.
set -eu
cd "$(dirname "$0")"
namespace=${NAMESPACE:-ai-gateway}

kubectl create namespace "$namespace" --dry-run=client --output yaml | kubectl apply --filename -

# Secrets are read from files, so that no value is on a command line.
# shellcheck disable=SC2043
for file in @secret-files@; do
	kind=generic
	[ "$file" != postgres.env ] || kind='generic --type=kubernetes.io/basic-auth'
	# shellcheck disable=SC2086
	kubectl --namespace "$namespace" create secret $kind "${file%.env}-env" --from-env-file="$file" --dry-run=client --output yaml |
		kubectl apply --filename -
done
kubectl --namespace "$namespace" create configmap litellm-config --from-file=config.yaml=litellm/config.yaml --dry-run=client --output yaml |
	kubectl apply --filename -

#@with postgres
helm upgrade --install cnpg cloudnative-pg --repo https://cloudnative-pg.github.io/charts --namespace cnpg-system --create-namespace --wait
helm upgrade --install postgres cluster --repo https://cloudnative-pg.github.io/charts --namespace "$namespace" --values postgres.yaml
kubectl --namespace "$namespace" wait --for=condition=Ready cluster/postgres-cluster --timeout=10m
#@end
#@with redis
helm upgrade --install redis valkey --repo https://valkey.io/valkey-helm/ --namespace "$namespace" --values redis.yaml --wait
#@end
helm upgrade --install litellm oci://ghcr.io/berriai/litellm-helm --namespace "$namespace" --values litellm.yaml --timeout 15m
#@with webui-key
# Open WebUI has a key of its own: it is in litellm-env, and made known to LiteLLM before Open WebUI starts.
kubectl --namespace "$namespace" rollout status deployment/litellm --timeout=15m
kubectl --namespace "$namespace" exec --stdin deployment/litellm -- python3 -I - <litellm/vpsfit_key.py
#@end
helm upgrade --install open-webui open-webui --repo https://helm.openwebui.com --namespace "$namespace" --values open-webui.yaml
