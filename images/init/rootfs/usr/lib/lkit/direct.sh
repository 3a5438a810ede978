# shellcheck shell=dash
# How `supervise` runs a service without a daemon: the OCI runtime stays in the foreground and returns the exit code.

# Takes a name and a command.
exec_command="$oci exec"

# Runs the service to its end. Calls `started` once it runs, with its process in `pid`; sets `code`, and `reason` when
# it did not start.
run_service() {
  rm -f "$status/runtime.log" "$status/runtime.pid"
  # What a supervisor that was killed may have left.
  [ ! -e "/run/${oci##*/}/$name" ] || "$oci" delete --force "$name" 2>/dev/null
  set -- "$oci" --log "$status/runtime.log" run --pid-file "$status/runtime.pid" --bundle "$folder" "$name"
  if on_cmdline lkit.console_logs=1; then
    rm -f "$status/output"
    mkfifo "$status/output"
    log_through "$name" "$log" <"$status/output" &
    "$@" </dev/null >"$status/output" 2>&1 3>&- &
  else
    "$@" </dev/null >>"$log" 2>&1 3>&- &
  fi
  runtime=$!

  pid=''
  while alive $runtime && [ ! -s "$status/runtime.pid" ]; do nap 0.02; done
  if [ -s "$status/runtime.pid" ]; then
    read -r pid <"$status/runtime.pid"
    reason_of "$status/runtime.log"
    [ -n "$reason" ] || started
  fi
  wait $runtime
  code=$?
  ended
  reason_of "$status/runtime.log"
  # The process could not be executed after all.
  [ -z "$reason" ] || start_ms=''
}
