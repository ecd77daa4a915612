# shellcheck shell=bash
# How the tests that are shell scripts say what they see. To be sourced.

failed_checks=0

# check "WHAT IS TRUE" COMMAND…: says whether it is; the command's words are shown only if not.
check() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    printf '  ok      %s\n' "$what"
  else
    failed_checks=$((failed_checks + 1))
    printf '  FAILED  %s\n' "$what"
    printf '            %s\n' "${said//$'\n'/$'\n            '}"
  fi
}

# within SECONDS COMMAND…: waits until the command succeeds; its last words where it does not in that time.
within() {
  local seconds=$1 until said
  shift
  until=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
  until said=$("$@" 2>&1); do
    if ((${EPOCHREALTIME/[.,]/} > until)); then
      printf 'not within %s s: %s\n%s\n' "$seconds" "$*" "$said"
      return 1
    fi
    sleep 0.05
  done
  printf '%s\n' "$said"
}

# equal FOUND EXPECTED
equal() {
  [[ $1 == "$2" ]] || {
    printf 'found %s, expected %s\n' "$1" "$2"
    return 1
  }
}

# Ends a test script with what its checks have shown.
end_of_checks() {
  ((failed_checks == 0)) || printf '%s of the checks above failed\n' "$failed_checks"
  exit $((failed_checks != 0))
}
