#!/usr/bin/env bash
# Prepares a machine to build AdaptiveStream and to run it on real Spark and Kafka.
#
#   tools/setup.sh build    compiler, libraries, JDK, Python, Maven: checked, installed where that is possible
#   tools/setup.sh spark    pinned pyspark, Kafka server and connector into the user's cache folder
#   tools/setup.sh all      both (the default)
#   tools/setup.sh env      shell lines naming what `spark` has prepared, for scripts to eval
#   tools/setup.sh verify   checks every cached jar against its committed checksum
#
# Pip and Maven run with the user's own configuration. Everything lands below
# ${XDG_CACHE_HOME:-~/.cache}/adaptivestream, in folders named after a hash of the files that pin their
# contents: clones share them, and a changed pin never meets an old folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# A JDK that can run Spark 3.5: from 24 on the JVM refuses calls that its Hadoop libraries need.
readonly oldest_jdk=17 newest_spark_jdk=23
# What pip with its cache, and the jars, take up at the highest point of a first set-up.
readonly python_mb=1800 jars_mb=200

fail() {
    echo "setup: $*" >&2
    exit 1
}

say() {
    echo "setup: $*" >&2
}

# ---------------------------------------------------------------------------------------------- the machine

# Prints the major version of the JDK at $1; fails where there is no compiler or no jni.h.
jdk_version() {
    local version
    [[ -x $1/bin/javac && -f $1/include/jni.h && -r $1/release ]] || return 1
    # The release file spares a JVM start.
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
    [[ -n $version ]] && echo "$version"
}

# Prints the home of a JDK not newer than $1: JAVA_HOME, else that of javac, else one beside it.
find_jdk() {
    local newest=$1 candidate version javac
    javac=$(command -v javac || true)
    for candidate in "${JAVA_HOME:-}" ${javac:+"$(readlink -f "$javac" | sed 's|/bin/javac$||')"} /usr/lib/jvm/*; do
        version=$(jdk_version "$candidate") || continue
        if ((version >= oldest_jdk && version <= newest)); then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

python_is_good() {
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))' 2>/dev/null
}

# Prints the Debian packages of everything that is missing, one a line.
missing_packages() {
    local pair
    for pair in cc:gcc cmake:cmake ninja:ninja-build pkg-config:pkg-config mvn:maven git:git flock:util-linux; do
        command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
    done
    [[ -f /usr/include/stdio.h ]] || echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || echo libc6-dev
    for pair in zlib:zlib1g-dev rdkafka:librdkafka-dev jansson:libjansson-dev cmocka:libcmocka-dev; do
        pkg-config --exists "${pair%%:*}" 2>/dev/null || echo "${pair#*:}"
    done
    find_jdk "$newest_spark_jdk" >/dev/null || jdk_package
    python_is_good || printf '%s\n' python3 python3-venv
}

# The Debian package of a JDK that Spark can run on; which one exists depends on the release.
jdk_package() {
    local package
    for package in openjdk-17-jdk-headless openjdk-21-jdk-headless; do
        if [[ -n $(apt-cache --quiet=2 show "$package" 2>/dev/null) ]]; then
            echo "$package"
            return
        fi
    done
    echo default-jdk-headless
}

set_up_machine() {
    local missing command as_root=()
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0

    if ! command -v apt-get >/dev/null; then
        fail "missing (Debian's names): ${missing[*]}. Install them with this machine's package manager."
    fi
    if ((EUID != 0)); then
        as_root=(sudo -n)
        command="sudo apt-get update && sudo apt-get install --yes ${missing[*]}"
        sudo -n true 2>/dev/null || fail "missing: ${missing[*]}. Type: $command"
    fi
    say "installing ${missing[*]}"
    # A list that cannot be refreshed may still be good enough.
    "${as_root[@]}" apt-get update --quiet=2 >&2 || say "apt-get update failed; trying with the old lists"
    mapfile -t missing < <(missing_packages)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends \
        "${missing[@]}" >&2 ||
        fail "apt-get could not install ${missing[*]}. Check the network and the disk, then run this again."
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) ||
        fail "still missing after the installation: ${missing[*]}. Does an older one come first on PATH $(
        )(python3: $(command -v python3 || echo none), javac: $(command -v javac || echo none))?"
}

# ------------------------------------------------------------------------------------------------ the cache

cache_folder() {
    local base=${XDG_CACHE_HOME:-}
    if [[ -z $base ]]; then
        [[ -n ${HOME:-} ]] || fail "neither XDG_CACHE_HOME nor HOME is set: nowhere to put Spark and Kafka"
        base=$HOME/.cache
    fi
    [[ $base == /* ]] || fail "XDG_CACHE_HOME=$base is not an absolute path"
    echo "$base/adaptivestream"
}

# key FILE...: names a folder after the contents of its pins.
key() {
    cat "$@" | sha256sum | cut -c 1-12
}

locate_parts() {
    cache=$(cache_folder)
    python_home=$cache/python-$(key "$here/python-build.txt" "$here/python-packages.txt")
    kafka_jars=$cache/kafka-server-$(key "$here"/kafka-server.{pom.xml,sha256})
    connector_jars=$cache/spark-connector-$(key "$here"/spark-connector.{pom.xml,sha256})
}

# The stamp is written last. A Python that the system has replaced since then (3.11 by 3.12, say) leaves an
# environment without packages: so look for them under the present interpreter's name.
python_is_complete() {
    local interpreter
    [[ -f $python_home/.complete ]] || return 1
    interpreter=$(readlink -f "$python_home/bin/python")
    [[ -x $interpreter ]] || return 1
    spark_home=$python_home/lib/$(basename "$interpreter")/site-packages/pyspark
    [[ -d $spark_home/jars ]]
}

# Names and sizes, compared with those noted when the checksums were verified, find a lost or cut jar at once.
jars_are_complete() {
    [[ -f $1/.complete ]] && list_jars "$1" | cmp --silent - "$1/.complete"
}

list_jars() {
    (cd "$1" && LC_ALL=C stat --format='%n %s' ./*)
}

# Compares the jars in folder $1 with the checksums in file $2: the exact set, nothing more, nothing less.
verify_jars() {
    local folder=$1 sums=$2 difference
    difference=$(diff <(cd "$folder" && LC_ALL=C sha256sum -- * | LC_ALL=C sort -k 2) \
                      <(LC_ALL=C sort -k 2 "$sums")) && return 0
    echo "$difference" | sed -n 's/^[<>] [0-9a-f]* *\(.*\)/  missing, unexpected or changed: \1/p' | sort -u >&2
    return 1
}

# What the last lines of a failed download most often mean.
explain() {
    local log=$1
    if grep -qiE 'no space left|disk quota' "$log"; then
        echo "The disk is full: about $((python_mb + jars_mb)) MB are needed in $cache and for pip's and Maven's own caches."
    elif grep -qiE 'name resolution|unknown host|UnknownHost|unreachable|refused|timed? ?out|could not transfer|retrying' "$log"; then
        echo "No network? Check it (and the proxy or mirror of pip and Maven, if you use one), then run this again."
    elif grep -qi 'do not match the hashes' "$log"; then
        echo "A download is not what was pinned: try again; if it persists, ask who runs your package mirror."
    else
        echo "Everything it said is in $cache/failed.log."
    fi
}

fail_with_log() {
    local what=$1 log=$2
    # The working folder goes; the log is kept for the user to read.
    cp "$log" "$cache/failed.log" 2>/dev/null || true
    fail "$what failed. $(explain "$log")"
}

# ------------------------------------------------------------------------------------------------- the parts

set_up_python() {
    local log=$work/python.log started=$SECONDS pip
    python_is_complete && return 0
    command -v python3 >/dev/null || fail "python3 is missing. Type: tools/setup.sh build"
    say "Python environment: pyspark 3.5.7 is a download of 317 MB"
    # In its final place, since an environment cannot be moved; it counts only once the stamp is there.
    rm -rf "$python_home"
    python3 -m venv "$python_home" 2>&1 | tee "$log" >&2 ||
        fail_with_log "python3 -m venv $python_home" "$log"
    # Downloads are unpacked beside the cache: /tmp is often small and in memory.
    pip=(env PIP_USER=0 TMPDIR="$work" "$python_home/bin/python" -m pip --disable-pip-version-check install
        --no-deps --require-hashes)
    "${pip[@]}" --quiet -r "$here/python-build.txt" 2>&1 | tee "$log" >&2 ||
        fail_with_log "pip install of setuptools and wheel" "$log"
    # A terminal gets pip's own progress bar, which a pipe would switch off.
    if [[ -t 2 ]]; then
        "${pip[@]}" --no-build-isolation --log "$log" -r "$here/python-packages.txt" >&2 ||
            fail_with_log "pip install of pyspark" "$log"
    else
        "${pip[@]}" --no-build-isolation -r "$here/python-packages.txt" 2>&1 | tee "$log" >&2 ||
            fail_with_log "pip install of pyspark" "$log"
    fi
    touch "$python_home/.complete"
    python_is_complete || fail "$python_home has no pyspark/jars although pip succeeded: remove it and run this again"
    say "Python environment ready: $(size_of "$python_home") in $((SECONDS - started)) s"
}

# set_up_jars NAME FOLDER LABEL: the jars of tools/NAME.pom.xml, as tools/NAME.sha256 has them, in FOLDER.
set_up_jars() {
    local name=$1 folder=$2 label=$3 started=$SECONDS
    local log=$work/$name.log jars=$work/$name java_home
    jars_are_complete "$folder" && return 0
    command -v mvn >/dev/null || fail "mvn (Maven) is missing. Type: tools/setup.sh build"
    java_home=$(find_jdk "$newest_spark_jdk") || fail "no JDK $oldest_jdk to $newest_spark_jdk found. Type: tools/setup.sh build"
    say "$label: $(wc -l <"$here/$name.sha256") jars with Maven"
    mkdir -p "$work/$name.pom"
    cp "$here/$name.pom.xml" "$work/$name.pom/pom.xml"
    JAVA_HOME=$java_home mvn --batch-mode --file "$work/$name.pom/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$jars" 2>&1 | tee "$log" | show_downloads || {
        grep '^\[ERROR\] .' "$log" | head -n 3 >&2 || true
        fail_with_log "Maven's download of $label" "$log"
    }
    verify_jars "$jars" "$here/$name.sha256" ||
        fail "$label: these jars are not what tools/$name.sha256 pins. Remove them from Maven's local $(
        )repository (usually ~/.m2/repository) and run this again."
    list_jars "$jars" >"$work/$name.complete"
    mv "$work/$name.complete" "$jars/.complete"
    rm -rf "$folder"
    mv "$jars" "$folder"
    say "$label ready: $(size_of "$folder") in $((SECONDS - started)) s"
}

# Turns Maven's talk into one growing line on a terminal, and into nothing elsewhere.
show_downloads() {
    local line count=0
    while IFS= read -r line; do
        [[ -t 2 && $line == *"Downloaded from "*".jar "* ]] || continue
        line=${line%.jar *}
        printf '\r\033[Ksetup:   %d downloaded, last %s.jar' "$((++count))" "${line##*/}" >&2
    done
    ((count == 0)) || printf '\r\033[K' >&2
}

size_of() {
    du --summarize --human-readable "$1" | cut -f 1
}

check_free_space() {
    local free_mb needed_mb=$jars_mb
    python_is_complete || needed_mb=$((needed_mb + python_mb))
    free_mb=$(df --output=avail --block-size=1M "$cache" | tail -n 1)
    ((free_mb >= needed_mb)) ||
        fail "only $((free_mb)) MB are free in $cache; the set-up needs $needed_mb MB. Free some, or $(
        )set XDG_CACHE_HOME to a folder on a larger disk."
}

spark_is_complete() {
    python_is_complete && jars_are_complete "$kafka_jars" && jars_are_complete "$connector_jars"
}

set_up_spark() {
    spark_is_complete && return 0
    mkdir -p "$cache" || fail "cannot create $cache: set XDG_CACHE_HOME to a folder you may write to"
    exec 9>"$cache/lock"
    if ! flock --nonblock 9; then
        say "another set-up is filling $cache; waiting for it"
        flock 9
    fi
    # Under the lock no other set-up is alive: these were left behind by a killed one.
    rm -rf "$cache"/working.*
    check_free_space
    work=$(mktemp -d "$cache/working.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'say "interrupted; run it again to continue"; exit 130' INT TERM HUP
    set_up_jars kafka-server "$kafka_jars" "Kafka server 3.7.2"
    set_up_jars spark-connector "$connector_jars" "Kafka connector of Spark 3.5.7"
    set_up_python
    rm -f "$cache/failed.log"
    say "Spark and Kafka are ready in $cache"
}

print_env() {
    local java_home jars
    spark_is_complete || fail "Spark and Kafka are not set up. Type: tools/setup.sh spark"
    java_home=$(find_jdk "$newest_spark_jdk") || fail "no JDK $oldest_jdk to $newest_spark_jdk found. Type: tools/setup.sh build"
    jars=$(printf '%s,' "$connector_jars"/*.jar)
    printf 'export %s=%q\n' ADAPTIVESTREAM_PYTHON "$python_home/bin/python" \
        ADAPTIVESTREAM_SPARK_HOME "$spark_home" ADAPTIVESTREAM_CONNECTOR_JARS "${jars%,}" \
        ADAPTIVESTREAM_KAFKA_LIBS "$kafka_jars" JAVA_HOME "$java_home"
}

verify_cache() {
    local bad=0
    verify_jars "$kafka_jars" "$here/kafka-server.sha256" || bad=1
    verify_jars "$connector_jars" "$here/spark-connector.sha256" || bad=1
    ((bad == 0)) || fail "jars in $cache have changed. Type: rm -r $kafka_jars $connector_jars && tools/setup.sh spark"
    say "every jar is as pinned"
}

main() {
    case ${1:-all} in
    build) set_up_machine ;;
    spark | env | verify)
        locate_parts
        case $1 in
        spark) set_up_spark ;;
        env) print_env ;;
        verify) verify_cache ;;
        esac
        ;;
    all)
        set_up_machine
        locate_parts
        set_up_spark
        ;;
    *)
        sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
}

main "$@"
