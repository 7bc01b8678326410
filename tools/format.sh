#!/usr/bin/env bash
# tools/format.sh FLAGS...: clang-format with these flags on every C file of the repository.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v clang-format >/dev/null; then
    echo "format: clang-format is missing. Type: sudo apt-get install clang-format" >&2
    exit 1
fi
find src tests -name '*.[ch]' -print0 | xargs -0 clang-format "$@"
