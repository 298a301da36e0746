# shellcheck shell=bash
# What ./dev says, and how: steps with their progress, failures with what to do about them.

LOGS=build/logs

say() { printf '%s\n' "$*"; }

# die <message> [status]
die() {
  printf 'dev: %s\n' "$1" >&2
  exit "${2:-1}"
}

# step <title> <log> <command ...>: runs it without input, its output to build/logs/<log>.log, and
# shows how far it is; if it fails, also the part of the log that tells why.
step() {
  local title=$1 log=$LOGS/$2.log started=$SECONDS
  shift 2
  mkdir -p "$LOGS"
  if "$@" </dev/null 2>&1 | tee "$log" | show_progress "$title"; then
    say "  ok      $title ($((SECONDS - started)) s)"
    return 0
  fi
  say "  FAILED  $title ($((SECONDS - started)) s)"
  show_failure "$log"
  return 1
}

# show_progress <title>: on a terminal one line that changes, elsewhere a line now and then, so that
# a log of CI shows life without drowning in it.
show_progress() {
  local title=$1 started=$SECONDS said=$SECONDS line='' partial='' last='' width=${COLUMNS:-0}
  local terminal=false
  [[ -t 1 ]] && terminal=true
  if $terminal && ((width == 0)); then
    width=$(stty size <&1 2>/dev/null | cut -d' ' -f2) || true
  fi
  $terminal || say "  ...     $title"
  while true; do
    if IFS= read -r -t 1 line; then
      last=$partial${line//[[:cntrl:]]/}
      partial=''
    elif (($? > 128)); then # a second has passed
      partial+=$line
    else # the end
      break
    fi
    if $terminal; then
      line="  ...     $title ($((SECONDS - started)) s) $last"
      printf '\r\033[K%s' "${line:0:$((${width:-80} - 1))}"
    elif ((SECONDS - said >= 30)); then
      said=$SECONDS
      say "          $((SECONDS - started)) s: ${last:0:100}"
    fi
  done
  ! $terminal || printf '\r\033[K'
}

# show_failure <log>: ninja's first failed command, or a checker's findings, or the end.
show_failure() {
  local finding='^[^ ]+:[0-9]+:[0-9]+: (error|warning): '
  say "  ------- from $1"
  if grep -q '^FAILED: ' "$1"; then
    sed -n '/^FAILED: /,$p' "$1" | head -n 60
  elif grep -qE "$finding" "$1"; then
    grep -E "$finding" "$1" | sort -u | head -n 60
  else
    tail -n 40 "$1"
  fi
  say "  -------"
}
