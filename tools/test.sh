#!/usr/bin/env bash
# tools/test.sh PART...: runs parts of the test suite one after the other and sums them up in the last line.
# Parts: unit, asan, tsan (each the unit and fuzz tests), jvm, spark, slow (those on Spark that take minutes each),
# spark-VERSION-jdkJDK as in spark-4.2.0-jdk25 (with the slow ones). A failed part does not hide the next; exit 1 if any failed. What a part needs is prepared by the targets of the Makefile.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A suite that has lost all its tests must not pass.
ctest=(ctest --output-on-failure --no-tests=error --parallel "$(nproc)")

# sanitized NAME SANITIZERS CTEST_FLAGS...
sanitized() {
    local folder=build-$1 sanitizers=$2 prefix=()
    cmake -G Ninja -S . -B "$folder" -DADAPTIVESTREAM_SANITIZE="$sanitizers" >/dev/null || return 1
    ninja -C "$folder" || return 1
    # The sanitizers claim fixed address ranges, which the wide randomisation of new kernels may have taken.
    if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
        prefix=(setarch "$(uname -m)" --addr-no-randomize)
    fi
    "${prefix[@]}" "${ctest[@]}" --test-dir "$folder" "${@:3}"
}

# run_pytest FOLDER [SPARK JDK]
run_pytest() {
    local settings
    settings=$(tools/setup.sh env "${@:2}") || return 1
    eval "$settings"
    ADAPTIVESTREAM_BUILD=$PWD/build "$ADAPTIVESTREAM_PYTHON" -m pytest -ra --durations=5 "tests/$1"
}

# The JVM tests mostly wait: two JDKs take their turns side by side.
run_jvm() {
    local newest=jdk25 log result=0
    log=$(mktemp) || return 1
    PYTEST_ADDOPTS="-k $newest" run_pytest jvm >"$log" 2>&1 &
    PYTEST_ADDOPTS="-k 'not $newest'" run_pytest jvm || result=1
    wait $! || result=1
    cat "$log"
    rm -f "$log"
    return $result
}

run_part() {
    case $1 in
    unit) "${ctest[@]}" --test-dir build ;;
    # What the page's own test asks of the server test_dashboard asks too, without a browser that takes a minute.
    asan) sanitized asan address,undefined --exclude-regex '^test_page$' ;;
    # gcc 12's thread sanitizer crashes in threads made by thrd_create(), as librdkafka's are.
    tsan) sanitized tsan thread --exclude-regex '^test_(generator|keys|record|cli)$' ;;
    jvm) run_jvm ;;
    spark) PYTEST_ADDOPTS='-m "not slow"' run_pytest spark ;;
    slow) PYTEST_ADDOPTS='-m slow' run_pytest spark ;;
    spark-*-jdk*)
        local version=${1#spark-}
        run_pytest spark "${version%-jdk*}" "${version##*-jdk}"
        ;;
    *)
        echo "test.sh: unknown part $1: unit, asan, tsan, jvm, spark, slow or spark-VERSION-jdkJDK" >&2
        return 2
        ;;
    esac
}

failed=0
summary=
for part in "$@"; do
    printf '\n===== %s =====\n' "$part"
    started=$SECONDS
    if run_part "$part"; then result=passed; else result=FAILED failed=$((failed + 1)); fi
    summary+=", $part $result ($((SECONDS - started)) s)"
done
printf '\ntests: %d of %d parts passed: %s\n' $(($# - failed)) $# "${summary#, }"
exit $((failed > 0))
