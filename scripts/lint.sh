# shellcheck shell=bash
# ./dev lint and ./dev fmt. Every check runs, also after one has failed; the last lines name those.

cmd_fmt() {
  need lint
  sources cc h | xargs -r clang-format-19 -i
}

cmd_lint() {
  local scope=${1:-changed}
  case $scope in
    changed | --all) ;;
    *) die "./dev lint takes --all or nothing" 2 ;;
  esac
  need run build scripts lint
  git_here rev-parse --git-dir >/dev/null 2>&1 || die "./dev lint reads the list of files from git: it needs a clone"
  require_node

  local check failed=()
  for check in format whitespace shell include_graph sizes proto tidy; do
    "lint_$check" "$scope" || failed+=("$check")
  done
  ((${#failed[@]} == 0)) || die "lint: ${failed[*]} failed"
  say "lint: no findings"
}

lint_format() {
  local files
  mapfile -t files < <(sources cc h)
  step "clang-format (${#files[@]} files)" lint-format clang-format-19 --dry-run -Werror "${files[@]}" && return
  say "  ./dev fmt formats them"
  return 1
}

# Trailing blanks, conflict markers, blank lines at the end: in all that git knows, not in a change alone.
lint_whitespace() {
  step "whitespace" lint-whitespace git_here diff --check "$(git_here hash-object -t tree /dev/null)"
}

lint_shell() {
  step "shellcheck" lint-shell shellcheck --external-sources --severity=warning dev .ci/run scripts/*.sh tests/*/*.sh bench/peers/lib.sh bench/peers/*/run
}

lint_include_graph() {
  step "include graph" lint-include-graph python3 tests/conformance/include_graph.py .
}

lint_sizes() {
  step "sizes" lint-sizes python3 tests/conformance/sizes.py .
}

lint_proto() {
  npm_install tools || return 1
  step "buf lint" lint-proto tools/node_modules/@bufbuild/buf-linux-*/bin/buf lint proto
}

# clang-tidy wants the compile commands and the generated headers, not a build.
lint_tidy() {
  local files generated
  mapfile -t files < <(tidy_files "$1")
  if ((${#files[@]} == 0)); then
    say "  ok      clang-tidy (no file changed)"
    return
  fi
  configure release
  mapfile -t generated < <(ninja -C build/release -t targets rule CUSTOM_COMMAND | grep -E '^[^/].*\.(h|cc|inc)$')
  step "Generating sources" lint-generate ninja -C build/release "${generated[@]}" || return 1
  step "clang-tidy (${#files[@]} files)" lint-tidy tidy_all "${files[@]}"
}

# tidy_files changed|--all: the sources to look at. A changed header is looked at through the
# source beside it; a change of the checks themselves concerns every source.
tidy_files() {
  local base changed
  if [[ $1 == --all ]]; then
    sources cc
    return
  fi
  base=$(changes_since)
  changed=$(git_here diff --name-only --diff-filter=d "$base"; git_here ls-files --others --exclude-standard)
  if grep -qE '(^|/)\.clang-tidy$' <<<"$changed"; then
    sources cc
    return
  fi
  sources cc | grep -xF -f <(sed -n -E 's/\.(cc|h)$/.cc/p' <<<"$changed" | sort -u) || true
}

# changes_since: what the change at hand is compared with: where it left the main branch; on that
# branch itself the commit before; before the first commit nothing at all.
changes_since() {
  local head base
  head=$(git_here rev-parse --verify -q HEAD) || head=
  base=$(git_here merge-base HEAD origin/main 2>/dev/null) || base=$head
  if [[ $base == "$head" ]]; then
    base=$(git_here rev-parse --verify -q HEAD~1) || base=$(git_here hash-object -t tree /dev/null)
  fi
  say "$base"
}

tidy_all() {
  export TIDY_TOTAL=$#
  export -f tidy_one
  printf '%s\n' "$@" | xargs -P "$(jobs_that_fit)" -I{} bash -c 'tidy_one "$1"' tidy {}
}

# One file's findings together, though others run beside it.
tidy_one() {
  local findings
  if findings=$(clang-tidy-19 -p build/release --quiet "$1" 2>&1); then
    printf 'tidy: %s\n' "$1"
  else
    printf '%s\n' "$findings" | grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter'
    return 1
  fi
}

# sources <suffix ...>: our C++ files, whether committed yet or not.
sources() {
  git_here ls-files --cached --others --exclude-standard -- "${@/#/*.}" | while IFS= read -r file; do
    [[ ! -f $file ]] || say "$file"
  done
}

# The tree may belong to another user than the one who runs this, as in CI containers.
git_here() { git -c safe.directory="$ROOT" "$@"; }
