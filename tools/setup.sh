#!/usr/bin/env bash
# Prepares a machine to build AdaptiveStream and to run it on real Spark and Kafka.
#
#   tools/setup.sh build                compiler, libraries, JDK, Python, Maven: checked, installed where that is possible
#   tools/setup.sh spark [VERSION]      pinned pyspark, Kafka server and connector into the user's cache folder
#   tools/setup.sh classes              the jars of other Sparks that the agent's class shapes are checked against
#   tools/setup.sh browser              Chromium, for the tests of the dashboard's page, which are skipped without it
#   tools/setup.sh all                  build and spark (the default)
#   tools/setup.sh env [VERSION [JDK]]  shell lines naming what `spark VERSION` has prepared, for scripts to eval
#   tools/setup.sh verify               checks every cached jar against its committed checksum
#
# VERSION: one of tools/spark/versions.txt, else 3.5.7. JDK: a major version that this Spark runs on.
# Pip and Maven run with the user's own configuration. Everything lands below
# ${XDG_CACHE_HOME:-~/.cache}/adaptivestream, in folders named after a hash of the files that pin their
# contents: clones share them, and a changed pin never meets an old folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

readonly default_spark=3.5.7
# A JDK that can run it: from 24 on the JVM refuses calls that its Hadoop libraries need. Maven and Kafka run on the same.
readonly oldest_jdk=17 newest_jdk=23
# What Maven's downloads take up in its own repository and in the cache; and pip's, of a pyspark of one MB: as a download, in
# pip's cache, unpacked, as a wheel, installed.
readonly jars_mb=200 classes_mb=500 pip_factor=6
# Maven's ways to jars: a pom's dependencies with their own, or just the listed ones.
readonly with_dependencies=(dependency:copy-dependencies -DincludeScope=runtime) listed_only=(dependency:copy)

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

# find_jdk OLDEST NEWEST: prints the home of a JDK of such a version: JAVA_HOME, else that of javac, else one beside it.
find_jdk() {
    local oldest=$1 newest=$2 candidate version javac
    javac=$(command -v javac || true)
    for candidate in "${JAVA_HOME:-}" ${javac:+"$(readlink -f "$javac" | sed 's|/bin/javac$||')"} /usr/lib/jvm/*; do
        version=$(jdk_version "$candidate") || continue
        if ((version >= oldest && version <= newest)); then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# As find_jdk, but ends the script where there is none.
need_jdk() {
    local wanted="JDK $1"
    (($1 == $2)) || wanted+=" to $2"
    find_jdk "$1" "$2" || fail "no $wanted found. Type: tools/setup.sh build; or set JAVA_HOME to one"
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
    for pair in zlib:zlib1g-dev rdkafka:librdkafka-dev jansson:libjansson-dev libmicrohttpd:libmicrohttpd-dev cmocka:libcmocka-dev; do
        pkg-config --exists "${pair%%:*}" 2>/dev/null || echo "${pair#*:}"
    done
    find_jdk "$oldest_jdk" "$newest_jdk" >/dev/null || jdk_package
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

set_up_browser() {
    local as_root=()
    if [[ -n ${CHROMIUM:-} ]] || command -v chromium chromium-browser google-chrome >/dev/null; then return 0; fi
    command -v apt-get >/dev/null || fail "no Chromium. Install one with this machine's package manager, or set CHROMIUM to one."
    ((EUID == 0)) || as_root=(sudo -n)
    say "installing chromium"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends \
        chromium fonts-dejavu-core >&2 || fail "apt-get could not install chromium: the tests of the page are skipped"
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

# locate_parts [VERSION]: sets what is known of that Spark, and where its parts and those of all are.
locate_parts() {
    local known
    spark=${1:-$default_spark}
    known=$(awk -v version="$spark" '$1 == version' "$here/spark/versions.txt")
    [[ -n $known ]] || fail "Spark $spark is not in tools/spark/versions.txt"
    read -r _ newest_spark_jdk scala connector pyspark_mb <<<"$known"
    cache=$(cache_folder)
    kafka_jars=$cache/kafka-server-$(key "$here"/kafka-server.{pom.xml,sha256})
    class_jars=$cache/spark-classes-$(key "$here"/spark/classes.{pom.xml,sha256})
    connector_pins=("$here/spark/connector.pom.xml" "$here/spark/connector-$connector.sha256")
    python_pins=("$here/python-build.txt" "$here/python-packages.txt")
    local connector_name=spark-connector-$connector python_name=python-$spark
    if [[ $spark == "$default_spark" ]]; then
        connector_pins=("$here"/spark-connector.{pom.xml,sha256})
        connector_name=spark-connector python_name=python
    else
        python_pins+=("$here/spark/python-$spark.txt")
    fi
    connector_jars=$cache/$connector_name-$(key "${connector_pins[@]}")
    python_home=$cache/$python_name-$(key "${python_pins[@]}")
}

# What pip installs: for another Spark the test runner and the like stay as they are.
python_packages() {
    if [[ $spark == "$default_spark" ]]; then
        cat "$here/python-packages.txt"
    else
        grep -vE '^(pyspark|py4j)==' "$here/python-packages.txt"
        cat "$here/spark/python-$spark.txt"
    fi
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
        echo "The disk is full: about $(needed_mb) MB are needed in $cache, and for pip's and Maven's own caches."
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
    say "Python environment: pyspark $spark is a download of $pyspark_mb MB"
    # In its final place, since an environment cannot be moved; it counts only once the stamp is there.
    rm -rf "$python_home"
    python3 -m venv "$python_home" 2>&1 | tee "$log" >&2 ||
        fail_with_log "python3 -m venv $python_home" "$log"
    python_packages >"$work/python-packages.txt"
    # Downloads are unpacked beside the cache: /tmp is often small and in memory.
    pip=(env PIP_USER=0 TMPDIR="$work" "$python_home/bin/python" -m pip --disable-pip-version-check install
        --no-deps --require-hashes)
    "${pip[@]}" --quiet -r "$here/python-build.txt" 2>&1 | tee "$log" >&2 ||
        fail_with_log "pip install of setuptools and wheel" "$log"
    # A terminal gets pip's own progress bar, which a pipe would switch off.
    if [[ -t 2 ]]; then
        "${pip[@]}" --no-build-isolation --log "$log" -r "$work/python-packages.txt" >&2 ||
            fail_with_log "pip install of pyspark" "$log"
    else
        "${pip[@]}" --no-build-isolation -r "$work/python-packages.txt" 2>&1 | tee "$log" >&2 ||
            fail_with_log "pip install of pyspark" "$log"
    fi
    touch "$python_home/.complete"
    python_is_complete || fail "$python_home has no pyspark/jars although pip succeeded: remove it and run this again"
    say "Python environment ready: $(size_of "$python_home") in $((SECONDS - started)) s"
}

# set_up_jars FOLDER LABEL POM SUMS MAVEN_ARGUMENT...: the jars of POM, as SUMS has them, in FOLDER.
set_up_jars() {
    local folder=$1 label=$2 pom=$3 sums=$4 started=$SECONDS
    local log=$work/maven.log project=$work/project jars=$work/jars java_home
    jars_are_complete "$folder" && return 0
    command -v mvn >/dev/null || fail "mvn (Maven) is missing. Type: tools/setup.sh build"
    java_home=$(need_jdk "$oldest_jdk" "$newest_jdk")
    say "$label: $(wc -l <"$sums") jars with Maven"
    rm -rf "$project" "$jars"
    mkdir -p "$project"
    cp "$pom" "$project/pom.xml"
    JAVA_HOME=$java_home mvn --batch-mode --file "$project/pom.xml" "${@:5}" -DoutputDirectory="$jars" 2>&1 |
        tee "$log" | show_downloads || {
        grep '^\[ERROR\] .' "$log" | head -n 3 >&2 || true
        fail_with_log "Maven's download of $label" "$log"
    }
    verify_jars "$jars" "$sums" ||
        fail "$label: these jars are not what ${sums#"$here/"} in tools/ pins. Remove them from Maven's local $(
        )repository (usually ~/.m2/repository) and run this again."
    list_jars "$jars" >"$work/complete"
    mv "$work/complete" "$jars/.complete"
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

needed_mb() {
    if [[ $filling == classes ]]; then
        echo "$classes_mb"
    elif python_is_complete; then
        echo "$jars_mb"
    else
        echo $((jars_mb + pip_factor * pyspark_mb))
    fi
}

check_free_space() {
    local free_mb
    free_mb=$(df --output=avail --block-size=1M "$cache" | tail -n 1)
    ((free_mb >= $(needed_mb))) ||
        fail "only $((free_mb)) MB are free in $cache; the set-up needs $(needed_mb) MB. Free some, or $(
        )set XDG_CACHE_HOME to a folder on a larger disk."
}

# fill spark|classes: does the set-up of that name, alone, with a folder to work in.
fill() {
    filling=$1
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
    "set_up_$filling"
    rm -f "$cache/failed.log"
}

spark_is_complete() {
    python_is_complete && jars_are_complete "$kafka_jars" && jars_are_complete "$connector_jars"
}

set_up_spark() {
    set_up_jars "$kafka_jars" "Kafka server 3.7.2" "$here"/kafka-server.{pom.xml,sha256} "${with_dependencies[@]}"
    set_up_jars "$connector_jars" "Kafka connector of Spark $connector" "${connector_pins[@]}" \
        "${with_dependencies[@]}" -Dscala.version="$scala" -Dconnector.version="$connector"
    set_up_python
    say "Spark $spark and Kafka are ready in $cache"
}

set_up_classes() {
    set_up_jars "$class_jars" "classes of other Sparks" "$here"/spark/classes.{pom.xml,sha256} "${listed_only[@]}"
}

# print_env [JDK]
print_env() {
    local oldest=${1:-$oldest_jdk} newest=${1:-$newest_spark_jdk} java_home kafka_java_home jars
    spark_is_complete || fail "Spark $spark and Kafka are not set up. Type: tools/setup.sh spark $spark"
    [[ $oldest =~ ^[0-9]+$ ]] || fail "$oldest is no major version of a JDK, as 17 is"
    ((newest <= newest_spark_jdk)) || fail "Spark $spark does not run on JDK $newest, only up to $newest_spark_jdk"
    java_home=$(need_jdk "$oldest" "$newest")
    kafka_java_home=$(need_jdk "$oldest_jdk" "$newest_jdk")
    jars=$(printf '%s,' "$connector_jars"/*.jar)
    printf 'export %s=%q\n' ADAPTIVESTREAM_PYTHON "$python_home/bin/python" \
        ADAPTIVESTREAM_SPARK_HOME "$spark_home" ADAPTIVESTREAM_CONNECTOR_JARS "${jars%,}" \
        ADAPTIVESTREAM_KAFKA_LIBS "$kafka_jars" ADAPTIVESTREAM_KAFKA_JAVA_HOME "$kafka_java_home" \
        JAVA_HOME "$java_home"
    ! jars_are_complete "$class_jars" || printf 'export %s=%q\n' ADAPTIVESTREAM_CLASS_JARS "$class_jars"
}

# Every folder of pinned jars that is there.
verify_cache() {
    local bad=() looked_at=0 version
    verify_folder "$kafka_jars" "$here/kafka-server.sha256"
    verify_folder "$class_jars" "$here/spark/classes.sha256"
    while read -r version _; do
        [[ $version == [0-9]* ]] || continue
        locate_parts "$version"
        verify_folder "$connector_jars" "${connector_pins[1]}"
    done <"$here/spark/versions.txt"
    ((${#bad[@]} == 0)) || fail "jars in $cache have changed. Type: rm -r ${bad[*]}; then run the set-up again"
    ((looked_at > 0)) || fail "nothing is set up in $cache. Type: tools/setup.sh spark"
    say "every jar is as pinned"
}

# verify_folder FOLDER SUMS: adds a folder that is not as pinned to `bad`.
verify_folder() {
    [[ -d $1 ]] || return 0
    looked_at=$((looked_at + 1))
    verify_jars "$1" "$2" || bad+=("$1")
}

main() {
    case ${1:-all} in
    build) set_up_machine ;;
    browser) set_up_browser ;;
    spark)
        locate_parts "${2:-}"
        spark_is_complete || fill spark
        ;;
    classes)
        locate_parts
        jars_are_complete "$class_jars" || fill classes
        ;;
    env)
        locate_parts "${2:-}"
        print_env "${3:-}"
        ;;
    verify)
        locate_parts
        verify_cache
        ;;
    all)
        set_up_machine
        locate_parts
        spark_is_complete || fill spark
        ;;
    *)
        sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
}

main "$@"
