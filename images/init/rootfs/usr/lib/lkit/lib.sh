# shellcheck shell=dash
# Sourced by lkit's guest scripts. Almost everything is done by the shell itself: a new process costs 10 ms under
# emulation.

read -r cmdline </proc/cmdline

# on_cmdline WORD: whether the kernel command line has it.
on_cmdline() {
  case " $cmdline " in *" $1 "*) return 0 ;; esac
  return 1
}

# say TEXT [FILE]: one line on the console and in /var/log/lkit.log; under it the last lines of a container's output.
say() {
  echo "$1" >>/var/log/lkit.log
  if [ -s "${2-}" ]; then
    output=$(tail -n 10 "$2" | sed 's/^/    /')
    printf 'lkit: %s\n%s\n' "$1" "$output" >/dev/console
  else
    echo "lkit: $1" >/dev/console
  fi
}

# nap SECONDS: sleeps without a process of its own. A fifo that is open for reading and writing never ends.
nap() {
  [ -e /run/lkit/never ] || mkfifo /run/lkit/never 2>/dev/null
  read -r -t "$1" _ <>/run/lkit/never
  return 0
}

# now: sets `now` to the seconds since the kernel started.
now() { read -r now _ </proc/uptime; }

# took SINCE WHAT: notes for `boot-times` how long something took, from that moment until now.
took() {
  now
  echo "$1 $now $2" >>/run/lkit/boot-times
}

# alive PID: whether it is a process that still runs; a zombie has no executable any more.
alive() { [ -e "/proc/$1/exe" ]; }

# log_through NAME FILE: copies standard input to a container's log, and to the console, each line with its name.
log_through() {
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >>"$2"
    printf '[%s] %s\n' "$1" "$line" >/dev/console
  done
}

# The OCI runtime that the init images brought, the faster one first.
if [ -x /usr/bin/crun ]; then
  oci=/usr/bin/crun
else
  oci=/usr/bin/runc
fi

# set_up FOLDER: runs the bundle's `prepare`; what goes wrong is told on standard error.
set_up() {
  [ ! -e "$1/prepare" ] || sh "$1/prepare"
}

# reason_of FILE: sets `reason` from the runtime's own log: why a container could not be started. crun writes
# `TIME: reason`, runc `time="…" level=error msg="reason"` among lines of lower levels.
reason_of() {
  reason=''
  [ ! -s "$1" ] || reason=$(grep -v 'level=\(debug\|info\|warning\)' "$1" | tail -n 1 |
    sed -e 's/.*msg="\(.*\)"[^"]*$/\1/' -e 's/\\"/"/g' -e 's/^[0-9T:.Z-]* *: *//')
}

# deaf PID: whether TERM cannot end it: the first process of a PID namespace gets no signal from outside for which it
# has no handler, save KILL.
deaf() {
  deaf='' caught=0 blocked=0
  while read -r key value rest; do
    case $key in
      NSpid:) case $rest in *1) [ "${rest##*[!0-9]}" != 1 ] || deaf=1 ;; esac ;;
      SigBlk:) blocked=$value ;;
      SigCgt:) caught=$value ;;
    esac
  done </proc/"$1"/status 2>/dev/null
  # TERM is signal 15, so bit 14.
  [ -n "$deaf" ] && [ $(((0x$caught | 0x$blocked) & 0x4000)) = 0 ]
}

# end_processes TENTHS PID...: TERM, then KILL to those that are left after that time, or that cannot hear TERM.
end_processes() {
  turns=$1
  shift
  for pid in "$@"; do
    if deaf "$pid"; then kill -KILL "$pid"; else kill -TERM "$pid"; fi 2>/dev/null
  done
  while [ "$turns" -gt 0 ]; do
    turns=$((turns - 1))
    for pid in "$@"; do
      if alive "$pid"; then
        nap 0.1
        continue 2
      fi
    done
    return
  done
  for pid in "$@"; do kill -KILL "$pid" 2>/dev/null; done
}
