#!/usr/bin/env bash
# T046: runs the commands of the quickstart in a clean copy of this checkout, block by block, and
# compares what each prints with the block of text after it: its lines have to occur in this order,
# "…" in them stands for anything. Another document may be named.
set -uo pipefail

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
document="${1:-$home/specs/011-k8s-deployment/quickstart.md}"
place="$(mktemp -d /tmp/pl-quick.XXXXXX)" # short: sockets lie in it
blocks=0 promises=0

finish() {
    local code=$?
    trap - EXIT
    cd /
    if [ -d "$place/checkout/.phaseline" ]; then
        (cd "$place/checkout" && . .venv/bin/activate && invoke teardown) >"$place/teardown.txt" 2>&1 ||
            { cat "$place/teardown.txt"; code=1; }
    fi
    rm -rf "$place"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

refuse() {
    echo "✗ block $blocks, line $line: $1" >&2
    [ -s "$place/printed" ] && tail -n 40 "$place/printed" >&2
    exit 1
}

# A block runs in this very shell: what one activates or sets, the next ones have.
run() {
    local failed=0
    blocks=$((blocks + 1))
    : >"$place/printed"
    echo "block $blocks: $(paste -sd ';' "$place/block")"
    set -E
    trap 'failed=$?' ERR
    # shellcheck source=/dev/null
    . "$place/block" >"$place/printed" 2>&1 </dev/null
    trap - ERR
    set +E
    [ "$failed" = 0 ] || refuse "it ended with exit code $failed"
}

# Each promised line is looked for after the one that kept the promise before it.
compare() {
    local from=1 wanted number found text
    [ "$blocks" -gt 0 ] || refuse "text before the first commands"
    while IFS= read -r wanted; do
        promises=$((promises + 1)) number=0 found=0
        while IFS= read -r text; do
            number=$((number + 1))
            # shellcheck disable=SC2053
            if [ "$number" -ge "$from" ] && [[ $text == ${wanted//…/*} ]]; then
                found=$number
                break
            fi
        done <"$place/printed"
        [ "$found" -gt 0 ] || refuse "it does not print: $wanted"
        from=$((found + 1))
    done <"$place/block"
}

mkdir "$place/checkout"
tar -C "$home" --exclude-vcs --exclude=./.phaseline --exclude=./.venv --exclude=./.nox \
    --exclude=node_modules --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' \
    --exclude=./.hypothesis --exclude=.wheelhouse --exclude=./frontend/dist \
    --exclude='./*/Dockerfile' -cf - . | tar -C "$place/checkout" -xf - || exit 1
cd "$place/checkout" || exit 1
unset PYTHONPATH VIRTUAL_ENV # the copy is to use nothing of ours

kind="" line=0
while IFS= read -r text <&3; do
    line=$((line + 1))
    case "$kind:$text" in
    ':```sh') kind=sh && : >"$place/block" ;;
    ':```text') kind=text && : >"$place/block" ;;
    'sh:```') kind="" && run ;;
    'text:```') kind="" && compare ;;
    :*) ;;
    *) printf '%s\n' "$text" >>"$place/block" ;;
    esac
done 3<"$document"
[ -z "$kind" ] || refuse "a block without an end"
[ "$blocks" -gt 0 ] || refuse "there are no commands in $document"
echo "$blocks blocks, $promises promises kept"
