#!/usr/bin/env bash
# One Kafka node (KRaft, broker and controller in one JVM) on loopback, for the demo and the tests.
#
#   tools/kafka.sh up DIR [--owner PID] [--port PORT]
#                                             starts it, waits until it serves clients, prints broker=HOST:PORT;
#                                             with an owner it stops by itself once that process is gone; listens
#                                             at the port if that is free
#   tools/kafka.sh topic DIR NAME PARTITIONS [KEY=VALUE]...
#                                             creates a topic, or finds it with as many partitions
#   tools/kafka.sh grow DIR NAME PARTITIONS   gives a topic more partitions
#   tools/kafka.sh broker DIR                 prints HOST:PORT if it runs, else fails
#   tools/kafka.sh down DIR                   stops it
#
# All it writes is below DIR: data, server.properties, kafka.log, pid, address. Other ports are chosen at run time.
# `up` on a running node and `down` on a stopped one do nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The same in every run, so that a folder can be started again.
readonly cluster_id=YWRhcHRpdmVzdHJlYW0tMQ
readonly port_attempts=5 stop_deadline_s=20

fail() {
    echo "kafka: $*" >&2
    exit 1
}

usage() {
    sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

# ------------------------------------------------------------------------------------------ whose process is it

# Only a JVM that was started on this very folder is ours: a pid file may outlive its process, and the
# kernel may give the number to another.
is_our_jvm() {
    local words
    mapfile -d '' -t words 2>/dev/null <"/proc/$1/cmdline" || return 1
    [[ "${words[*]} " == *" kafka.Kafka $folder/server.properties " ]]
}

# Prints the pid of the node on $folder; fails if there is none.
running_pid() {
    local pid
    [[ -r $folder/pid ]] && read -r pid <"$folder/pid" && is_our_jvm "$pid" 2>/dev/null && echo "$pid"
}

# Sets `born` to when a process was started: with the pid this tells it from a successor of that number.
process_born() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The name in brackets may hold spaces.
    read -r -a stat <<<"${stat##*) }"
    born=${stat[19]}
    # A zombie has ended, even if nobody has asked for its exit code yet.
    [[ ${stat[0]} != Z ]]
}

# What the caller has open (pipes, locks) must not stay open for as long as the broker lives.
close_inherited_files() {
    local path
    for path in /proc/self/fd/*; do
        path=${path##*/}
        # bash reads this script from 255.
        ((path <= 2 || path == 255)) || eval "exec $path>&-"
    done
}

# ------------------------------------------------------------------------------------------------------- start

is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Ports below the ephemeral range are never given to outgoing connections: free now, most likely free soon.
free_port() {
    local port lowest_ephemeral=32768
    read -r lowest_ephemeral _ 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range || true
    ((lowest_ephemeral > 12000)) || lowest_ephemeral=32768
    while :; do
        port=$((10000 + (RANDOM << 15 | RANDOM) % (lowest_ephemeral - 10000)))
        ! is_free "$port" || break
    done
    echo "$port"
}

write_configuration() {
    local port=$1 controller_port=$2
    cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$folder/data
# Tests compare what they sent with what came out: nothing is deleted, and time is the sender's.
log.retention.ms=-1
log.retention.bytes=-1
log.message.timestamp.type=CreateTime
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=8388608
PROPERTIES
    cat >"$folder/log4j.properties" <<'PROPERTIES'
log4j.rootLogger=WARN, console
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %p %m (%c)%n
PROPERTIES
}

# Sets `jvm`: made to start quickly rather than to run fast for days, and to write nothing outside DIR.
choose_jvm() {
    if [[ -z ${ADAPTIVESTREAM_KAFKA_LIBS:-} || -z ${ADAPTIVESTREAM_PYTHON:-} ||
        -z ${ADAPTIVESTREAM_KAFKA_JAVA_HOME:-} ]]; then
        local settings
        settings=$("$here/setup.sh" env) || exit 1
        eval "$settings"
    fi
    jvm=("$ADAPTIVESTREAM_KAFKA_JAVA_HOME/bin/java" -Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
        -XX:-UsePerfData
        "-Dlog4j.configuration=file:$folder/log4j.properties" -cp "$ADAPTIVESTREAM_KAFKA_LIBS/*")
}

# Sets `pid`. A session of its own: Ctrl-C in the caller's terminal is the caller's affair.
start_jvm() {
    (
        close_inherited_files
        exec setsid "${jvm[@]}" kafka.Kafka "$folder/server.properties" </dev/null >>"$folder/kafka.log" 2>&1
    ) &
    pid=$!
    echo "$pid" >"$folder/pid"
}

# start_watchdog OWNER BORN PID
start_watchdog() {
    (
        close_inherited_files
        exec setsid "$here/kafka.sh" watch "$folder" "$@" </dev/null >/dev/null 2>&1
    ) &
}

# True once the broker serves clients, false if its process ends before or the client's patience does.
wait_until_ready() {
    local port=$1 probe
    "$ADAPTIVESTREAM_PYTHON" "$here/kafka_client.py" ready "127.0.0.1:$port" 2>>"$folder/kafka.log" &
    probe=$!
    while kill -0 "$probe" 2>/dev/null; do
        if ! kill -0 "$pid" 2>/dev/null; then
            kill "$probe" 2>/dev/null || true
            wait "$probe" || true
            return 1
        fi
        sleep 0.1
    done
    wait "$probe"
}

# abandon: ends a JVM that this very process has started, whatever it has become so far.
abandon() {
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    rm -f "$folder/pid" "$folder/address"
}

start() {
    local owner=$1 wanted=$2 attempt port born=
    choose_jvm
    [[ -z $owner ]] || process_born "$owner" || fail "--owner $owner: there is no such process"
    for ((attempt = 1; attempt <= port_attempts; attempt++)); do
        port=$(free_port)
        if ((attempt == 1)) && [[ -n $wanted ]] && is_free "$wanted"; then port=$wanted; fi
        write_configuration "$port" "$(free_port)"
        : >"$folder/kafka.log"
        if [[ ! -f $folder/data/meta.properties ]]; then
            "${jvm[@]}" kafka.tools.StorageTool format --ignore-formatted --cluster-id "$cluster_id" \
                --config "$folder/server.properties" >>"$folder/kafka.log" 2>&1 || break
        fi
        trap 'abandon; exit 130' INT TERM HUP
        start_jvm
        [[ -z $owner ]] || start_watchdog "$owner" "$born" "$pid"
        if wait_until_ready "$port"; then
            echo "127.0.0.1:$port" >"$folder/address"
            trap - INT TERM HUP
            return 0
        fi
        abandon
        trap - INT TERM HUP
        # Somebody took a port in between: others are free.
        grep -q 'Address already in use' "$folder/kafka.log" || break
    done
    tail -n 15 "$folder/kafka.log" >&2
    fail "the broker did not start; all it said is in $folder/kafka.log"
}

# -------------------------------------------------------------------------------------------------------- stop

# stop PID
stop() {
    local signal deadline recorded=
    for signal in TERM KILL; do
        is_our_jvm "$1" 2>/dev/null || break
        kill "-$signal" "$1" 2>/dev/null || true
        deadline=$((SECONDS + stop_deadline_s))
        while is_our_jvm "$1" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
    done
    ! is_our_jvm "$1" 2>/dev/null || fail "process $1 does not end, not even on SIGKILL"
    # By now another node may run on the folder.
    { read -r recorded <"$folder/pid"; } 2>/dev/null || true
    [[ $recorded != "$1" ]] || rm -f "$folder/pid" "$folder/address"
}

# watch OWNER BORN PID: the background half of `up --owner`.
watch() {
    local born
    # Until the process has ended, whatever its name: at first it is the shell that becomes the JVM.
    while process_born "$3"; do
        if ! process_born "$1" || [[ $born != "$2" ]]; then stop "$3"; fi
        sleep 1
    done
}

# -------------------------------------------------------------------------------------------------------- main

# Starting and stopping the same folder at once would leave a node that nobody knows.
take_lock() {
    exec {lock}>"$folder/lock"
    flock "$lock"
}

main() {
    local command=${1:-} owner= port=
    [[ -n ${2:-} ]] || usage
    folder=$2
    shift 2
    if [[ $command == up ]]; then
        mkdir -p "$folder" 2>/dev/null || fail "cannot create $folder"
    elif [[ ! -d $folder ]]; then
        [[ $command == down ]] && exit 0
        fail "no broker runs on $folder (there is no such folder)"
    fi
    folder=$(cd "$folder" && pwd)
    # The list of log folders is separated by commas, and properties files take backslashes as escapes.
    [[ $folder != *[,\\]* ]] || fail "$folder: choose a folder without commas and backslashes in its name"

    case $command in
    up)
        while (($#)); do
            [[ $# -ge 2 && $2 =~ ^[1-9][0-9]*$ ]] || usage
            case $1 in
            --owner) owner=$2 ;;
            --port) port=$2 ;;
            *) usage ;;
            esac
            shift 2
        done
        take_lock
        running_pid >/dev/null || start "$owner" "$port"
        echo "broker=$(<"$folder/address")"
        ;;
    topic | grow)
        [[ $# -ge 2 && $2 =~ ^[1-9][0-9]*$ ]] || usage
        running_pid >/dev/null || fail "no broker runs on $folder. Type: tools/kafka.sh up $folder"
        choose_jvm
        "$ADAPTIVESTREAM_PYTHON" "$here/kafka_client.py" "$command" "$(<"$folder/address")" "$@"
        ;;
    broker)
        running_pid >/dev/null || fail "no broker runs on $folder. Type: tools/kafka.sh up $folder"
        cat "$folder/address"
        ;;
    down)
        take_lock
        if pid=$(running_pid); then stop "$pid"; fi
        ;;
    watch) watch "$@" ;;
    *) usage ;;
    esac
}

main "$@"
