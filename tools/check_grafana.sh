#!/usr/bin/env bash
# Checks the Grafana dashboard against Grafana's own types of a dashboard, pinned below. They and the TypeScript compiler land in
# the cache folder of tools/setup.sh. Exits with 3 where they cannot be had.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly packages=(@grafana/schema@11.3.0 tslib@2.7.0 typescript@5.4.5)
readonly types=${XDG_CACHE_HOME:-$HOME/.cache}/adaptivestream/grafana-types-11.3.0

cannot() {
    echo "check_grafana: $*" >&2
    exit 3
}

command -v npm >/dev/null || cannot "npm is missing. Type: sudo apt-get install npm"
if [[ ! -f $types/.complete ]]; then
    mkdir -p "$types"
    timeout 120 npm install --ignore-scripts --prefix "$types" --no-save --no-package-lock --no-audit --no-fund --silent \
        --fetch-retries=0 --fetch-timeout=20000 "${packages[@]}" >&2 ||
        cannot "npm could not install ${packages[*]}. Check the network, then run this again."
    touch "$types/.complete"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$types/node_modules" "$work/node_modules"
for dashboard in "$here"/../deploy/grafana/*.json; do
    {
        echo 'import type { Dashboard } from "@grafana/schema";'
        echo 'export const dashboard: Dashboard ='
        cat "$dashboard"
    } >"$work/dashboard.ts"
    "$types/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --target es2020 --module esnext --moduleResolution node \
        "$work/dashboard.ts" || {
        echo "check_grafana: $dashboard is not what Grafana's types allow; lines count from two above it" >&2
        exit 1
    }
done
echo "check_grafana: as Grafana's types ask"
