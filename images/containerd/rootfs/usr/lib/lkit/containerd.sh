# shellcheck shell=dash
# How `supervise` runs a service under containerd: as a task that `ctr tasks ls` lists. containerd 1.6 has no restart
# policies, and each process in Go takes half a second under emulation; so the supervisor watches the process itself.

ctr="/usr/bin/ctr --namespace $NAMESPACE"
# Takes a name and a command.
exec_command="$oci --root /run/containerd/runc/$NAMESPACE exec"
created=''

# Runs the service to its end. Calls `started` once it runs, with its process in `pid`; sets `code`, and `reason` when
# it did not start.
run_service() {
  while [ ! -S /run/containerd/containerd.sock ]; do nap 0.05; done
  if on_cmdline lkit.console_logs=1; then
    set -- --detach --log-uri "binary:///usr/lib/lkit/log-to-console?$log"
  else
    set -- --detach --log-uri "file://$log"
  fi
  if [ -n "$created" ]; then
    set -- tasks start "$@" "$name"
  else
    set -- run --runc-binary "$oci" --config "$folder/config.json" "$@" "$name"
  fi

  if ! reason=$($ctr "$@" 2>&1 </dev/null 3>&-); then
    reason=${reason##*ctr: }
    created='' code=1
    $ctr containers delete "$name" >/dev/null 2>&1 3>&-
    # Left from an earlier boot, where /var/lib/containerd is on a disk.
    case $reason in *'already exists'*) run_service ;; esac
    return
  fi
  created=1
  read -r pid <"/run/containerd/io.containerd.runtime.v2.task/$NAMESPACE/$name/init.pid"
  started
  while alive "$pid"; do pause 0.25; done
  ended
  # task NAME exit with non-zero exit code N
  message=$($ctr tasks delete "$name" 2>&1 3>&-)
  code=0
  case $message in *'exit code '*) code=${message##*exit code } && code=${code%%[!0-9]*} ;; esac
}
